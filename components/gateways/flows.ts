import { exposures } from "../../catalogue/query";
import { clusterNetworks } from "../shared/addresses/cluster-networks";
import { type Flow, tcp, workload } from "../base/flow";
import {
    GATEWAY_KEYS,
    GATEWAY_PORTS,
    GATEWAY_STATUS_PORT,
    INGRESS_GATEWAYS,
    NAMESPACES,
} from "../base/names";
import type { Platform } from "../base/platform";

/**
 * Gateways accept connections only from their load balancer: any other client could claim any client address in the
 * PROXY protocol. They accept them from anyone if clients connect to them directly.
 */
export function gatewayFlows({ catalogue, config }: Platform): Flow[] {
    return GATEWAY_KEYS.flatMap((key): Flow[] => {
        const exposed = exposures(catalogue).filter(({ exposure }) => exposure.gateway === key);
        const direct = config.edge.clientAddress === "direct";
        // A gateway without hosts has no clients, only a load balancer that probes it.
        if (direct && exposed.length === 0) return [];
        const listening = exposed.flatMap(({ exposure }) => exposure.listen ?? []);
        const serving = exposed.length > 0 ? [GATEWAY_PORTS.http, GATEWAY_PORTS.https] : [];
        return [
            {
                from: direct ? ["anyone"] : [{ cidrs: clusterNetworks(config).loadBalancers[key] }],
                to: [workload(NAMESPACES.ingress, INGRESS_GATEWAYS[key])],
                ports: tcp(...serving, GATEWAY_STATUS_PORT, ...[...new Set(listening)].sort()),
            },
        ];
    });
}
