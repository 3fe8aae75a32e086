import type { MeshConfig } from "../../config/schema";
import { clusterNetworks } from "../shared/addresses/cluster-networks";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { INGRESS_GATEWAYS, GATEWAY_KEYS, NAMESPACES } from "../base/names";

/**
 * Gateways accept connections only from their load balancer, in case the NetworkPolicy is late or missing: any other
 * client could claim any client address in the PROXY protocol. `notIpBlocks` matches the
 * connection's peer, whatever a PROXY protocol header claims, and `remoteIpBlocks` the client that the header names
 * (Istio's reference, AuthorizationPolicy, Source). A DENY takes precedence over every ALLOW.
 */
export function loadBalancersOnly(config: MeshConfig): AuthorizationPolicyManifest[] {
    return GATEWAY_KEYS.flatMap((key): AuthorizationPolicyManifest[] => {
        const networks = clusterNetworks(config).loadBalancers[key];
        if (networks.length === 0) return [];
        const gateway = INGRESS_GATEWAYS[key];
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
