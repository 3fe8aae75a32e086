import { type ExposureEdge, exposures } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { gatewayRelease } from "../base/gateway-release";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { Derived, GatewayManifest, Release, VirtualServiceManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, NAMESPACES, certificateName, exposedHost, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";

type GatewayKey = keyof typeof ENTRY_GATEWAYS;

function deriveGateways({ catalogue, config }: Platform): Derived {
    const keys = Object.keys(ENTRY_GATEWAYS) as GatewayKey[];
    const routed = exposures(catalogue).filter(({ port }) => port.protocol !== "tcp");
    const gateways = keys.flatMap((key) => {
        const own = routed.filter(({ exposure }) => exposure.gateway === key);
        return own.length > 0 ? [gateway(key, own, config)] : [];
    });
    const routes = routed.map((edge) => route(edge, config));
    return { releases: keys.map((key) => release(key, config)), objects: [...gateways, ...routes] };
}

function release(key: GatewayKey, config: MeshConfig): Release {
    const { service } = config.gateways;
    const gateway = {
        name: ENTRY_GATEWAYS[key],
        namespace: NAMESPACES.ingress,
        service,
        ports: [
            { name: "status-port", number: 15021 },
            { name: "https", number: 443 },
        ],
    };
    return { ...gatewayRelease(gateway, config), keepsAddress: true };
}

/** TLS ends here, for exactly the exposed hosts. The certificate is a Secret beside the gateway. */
function gateway(key: GatewayKey, edges: readonly ExposureEdge[], config: MeshConfig): GatewayManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: key, namespace: NAMESPACES.ingress, labels: COMMON_LABELS },
        spec: {
            selector: { [SERVICE_LABEL]: ENTRY_GATEWAYS[key] },
            servers: [
                {
                    port: { number: 443, name: "https", protocol: "HTTPS" },
                    hosts: edges.map(
                        ({ exposure }) => `${NAMESPACES.services}/${exposedHost(config, exposure.host)}`,
                    ),
                    tls: {
                        mode: "SIMPLE",
                        credentialName: certificateName(key),
                        minProtocolVersion: "TLSV1_2",
                    },
                },
            ],
        },
    };
}

/** The way from an exposed host to its service. Only the gateways see it. */
function route({ service, exposure, port }: ExposureEdge, config: MeshConfig): VirtualServiceManifest {
    const destination = { host: serviceHost(service), port: { number: port.number } };
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: {
            name: `${exposure.gateway}-${exposure.host}`,
            namespace: NAMESPACES.services,
            labels: COMMON_LABELS,
        },
        spec: {
            hosts: [exposedHost(config, exposure.host)],
            gateways: [`${NAMESPACES.ingress}/${exposure.gateway}`],
            exportTo: [NAMESPACES.ingress],
            http: [
                {
                    name: exposure.host,
                    route: [{ destination }],
                    // No timeout is no limit: a stream lives as long as its client wants.
                    ...(exposure.timeout === "stream" ? {} : { timeout: exposure.timeout }),
                },
            ],
        },
    };
}

export const gateways: Concern = { name: "gateways", derive: deriveGateways };

/** The ways in: a gateway for tenants and devices and one for staff, and a route for each exposed host. */
export class Gateways extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(gateways, platform, options);
    }
}
