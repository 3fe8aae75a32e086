import type { ExposureEdge } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { gatewayRelease } from "../shared/releases/gateway-release";
import type { Release } from "../base/manifest";
import {
    INGRESS_GATEWAYS,
    GATEWAY_PORTS,
    GATEWAY_STATUS_PORT,
    type GatewayKey,
    NAMESPACES,
} from "../base/names";
import { lifecycleValues, proxyConfig, serviceFields } from "./load-balancer";

/** An ingress gateway's pods and Service, whose address clients know. */
export function release(key: GatewayKey, edges: readonly ExposureEdge[], config: MeshConfig): Release {
    const gateway = {
        name: INGRESS_GATEWAYS[key],
        namespace: NAMESPACES.ingress,
        service: serviceFields(key, config),
        ports: ports(edges, config),
        values: {
            podAnnotations: { "proxy.istio.io/config": JSON.stringify(proxyConfig(config)) },
            ...lifecycleValues(config),
        },
    };
    return { ...gatewayRelease(gateway, config), keepsAddress: true };
}

function ports(edges: readonly ExposureEdge[], { gateways }: MeshConfig) {
    const listening = edges.flatMap(({ exposure }) => exposure.listen ?? []).sort((a, b) => a - b);
    return [
        // The load balancers that the program configures check the pods' status port. As a port of the Service, clients
        // would reach it too; others in front of a NodePort need it.
        ...(gateways.serviceType === "LoadBalancer"
            ? []
            : [{ name: "status-port", number: GATEWAY_STATUS_PORT }]),
        { name: "http", number: GATEWAY_PORTS.http },
        { name: "https", number: GATEWAY_PORTS.https },
        ...[...new Set(listening)].map((number) => ({ name: `tls-${number}`, number })),
    ];
}
