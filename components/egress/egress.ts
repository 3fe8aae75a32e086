import type { MeshConfig } from "../../config/schema";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { gatewayRelease } from "../shared/releases/gateway-release";
import type { Derived, Release, TelemetryManifest } from "../base/manifest";
import { EGRESS_GATEWAY, EGRESS_LOG, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { podIdentityProblems } from "../shared/aws/pod-identity";
import { privateNetworkProblems } from "../shared/addresses/private-networks";
import { egressFlows } from "./flows";
import { gatewayDestinationRule, hostDestinationRule } from "./destination-rules";
import { type EgressHost, originatesTls, metadataOf, egressHosts } from "./host";
import { requestHeaders } from "./headers";
import { limit } from "./limit";
import { gateway, virtualService } from "./routes";
import { podIdentityEntry, serviceEntry } from "./service-entry";

function deriveEgress(platform: Platform): Derived {
    const { config } = platform;
    const hosts = egressHosts(platform);
    const agent = podIdentityEntry(platform);
    // Without reachable external hosts there is no egress gateway.
    if (hosts.length === 0) return { releases: [], objects: agent };
    return {
        releases: [release(hosts, config)],
        objects: [
            ...agent,
            accessLog(),
            gatewayDestinationRule(hosts),
            // Header rules are only needed if the gateway sees requests.
            ...(hosts.some(({ ports }) => ports.some(originatesTls)) ? [requestHeaders()] : []),
            ...hosts.flatMap((host) => [
                serviceEntry(host),
                gateway(host),
                virtualService(host),
                hostDestinationRule(host, config),
                ...limit(host),
            ]),
        ],
    };
}

/** Keeps Envoy from adding its headers in the router, after which no route could remove them. */
const NO_ENVOY_HEADERS = {
    attemptCount: { disabled: true },
    envoyDebugHeaders: { disabled: true },
    metadataExchangeHeaders: { mode: "IN_MESH" },
};

/** Only the mesh reaches the egress gateway. Its ports are those of the external hosts. */
function release(hosts: readonly EgressHost[], config: MeshConfig): Release {
    const numbers = new Set(hosts.flatMap(({ ports }) => ports.map(({ host }) => host.port)));
    const ports = [...numbers].sort((a, b) => a - b).map((number) => ({ name: `tls-${number}`, number }));
    return gatewayRelease(
        {
            name: EGRESS_GATEWAY,
            namespace: NAMESPACES.egress,
            service: { type: "ClusterIP" },
            ports,
            values: {
                podAnnotations: {
                    "proxy.istio.io/config": JSON.stringify({ proxyHeaders: NO_ENVOY_HEADERS }),
                },
                // istiod sends a gateway the Secrets that its service account can list: none, unless a CA is in one.
                rbac: { enabled: config.egress.caSecret !== undefined },
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
    flows: egressFlows,
    check: (platform) => [...privateNetworkProblems(platform), ...podIdentityProblems(platform)],
};

/** The egress gateway, which all external calls pass, and the routes to each external host. */
export class Egress extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(egress, platform, options);
    }
}
