import type { MeshConfig } from "../../config/schema";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { gatewayRelease } from "../base/gateway-release";
import type { Derived, Release, TelemetryManifest } from "../base/manifest";
import { EGRESS_GATEWAY, EGRESS_LOG, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { podIdentityProblems } from "../base/pod-identity";
import { privateNetworkProblems } from "../base/private-networks";
import { towardsGateway, towardsHost } from "./destination-rules";
import { type OutsideHost, isOriginated, metadataOf, outsideHosts } from "./host";
import { requestHeaders } from "./headers";
import { limit } from "./limit";
import { gateway, virtualService } from "./routes";
import { podIdentityEntry, serviceEntry } from "./service-entry";

function deriveEgress(platform: Platform): Derived {
    const { config } = platform;
    const hosts = outsideHosts(platform);
    const agent = podIdentityEntry(platform);
    // Where nobody reaches anything outside there is no way out.
    if (hosts.length === 0) return { releases: [], objects: agent };
    return {
        releases: [release(hosts, config)],
        objects: [
            ...agent,
            accessLog(),
            towardsGateway(hosts),
            // Of what is bytes to the gateway nobody reads a header.
            ...(hosts.some(({ ports }) => ports.some(isOriginated)) ? [requestHeaders()] : []),
            ...hosts.flatMap((host) => [
                serviceEntry(host),
                gateway(host),
                virtualService(host),
                towardsHost(host, config),
                ...limit(host),
            ]),
        ],
    };
}

/** Envoy's own headers, which the router writes when no route can take them away any more. */
const SILENT = {
    attemptCount: { disabled: true },
    envoyDebugHeaders: { disabled: true },
    metadataExchangeHeaders: { mode: "IN_MESH" },
};

/** It is reached from inside alone. Hosts come in on the ports that they have outside. */
function release(hosts: readonly OutsideHost[], config: MeshConfig): Release {
    const numbers = new Set(hosts.flatMap(({ ports }) => ports.map(({ host }) => host.port)));
    const ports = [...numbers].sort((a, b) => a - b).map((number) => ({ name: `tls-${number}`, number }));
    return gatewayRelease(
        {
            name: EGRESS_GATEWAY,
            namespace: NAMESPACES.egress,
            service: { type: "ClusterIP" },
            ports,
            values: {
                podAnnotations: { "proxy.istio.io/config": JSON.stringify({ proxyHeaders: SILENT }) },
                // istiod hands a gateway the Secrets that its account may list: none here, unless a CA is in one.
                rbac: { enabled: config.egress.authority !== undefined },
            },
        },
        config,
    );
}

function accessLog(): TelemetryManifest {
    return {
        apiVersion: "telemetry.istio.io/v1",
        kind: "Telemetry",
        metadata: metadataOf("access-log"),
        spec: { accessLogging: [{ providers: [{ name: EGRESS_LOG }] }] },
    };
}

export const egress: Concern = {
    name: "egress",
    derive: deriveEgress,
    check: (platform) => [...privateNetworkProblems(platform), ...podIdentityProblems(platform)],
};

/** The way out: a gateway that all external calls pass, and for each external host what leads there. */
export class Egress extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(egress, platform, options);
    }
}
