/** Gateways take connections from their load balancer alone: whoever else reaches one could claim any client's address. */
import type { MeshConfig } from "../../config/schema";
import { clusterNetworks } from "../base/cluster-networks";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, GATEWAY_KEYS, type GatewayKey, NAMESPACES } from "../base/names";
import { type IngressRule, fromNetworks, tcp } from "./network-rules";

/** What the network lets into a gateway's pods. Where clients connect to them directly, they come from anywhere. */
export function intoGateway(key: GatewayKey, ports: readonly number[], config: MeshConfig): IngressRule[] {
    if (config.edge.clientAddress === "direct") return [{ ports: tcp(...ports) }];
    return fromNetworks(clusterNetworks(config).loadBalancers[key], ...ports);
}

/**
 * The same in the gateway itself, in case the network's agent is late or missing. `notIpBlocks` is of the connection's peer,
 * whatever a PROXY protocol header claims, where `remoteIpBlocks` is of the client that the header names
 * (Istio's reference, AuthorizationPolicy, Source). A DENY goes before every ALLOW.
 */
export function loadBalancersOnly(config: MeshConfig): AuthorizationPolicyManifest[] {
    return GATEWAY_KEYS.flatMap((key): AuthorizationPolicyManifest[] => {
        const networks = clusterNetworks(config).loadBalancers[key];
        if (networks.length === 0) return [];
        const gateway = ENTRY_GATEWAYS[key];
        return [
            {
                apiVersion: "security.istio.io/v1",
                kind: "AuthorizationPolicy",
                metadata: {
                    name: `${gateway}-from-load-balancer`,
                    namespace: NAMESPACES.ingress,
                    labels: COMMON_LABELS,
                },
                spec: {
                    selector: serviceSelector(gateway),
                    action: "DENY",
                    rules: [{ from: [{ source: { notIpBlocks: [...networks] } }] }],
                },
            },
        ];
    });
}
