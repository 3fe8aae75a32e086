import { edges, exposures, peerEdges, storeEdges } from "../../catalogue/query";
import { type Flow, tcp, workload } from "../base/flow";
import { INGRESS_GATEWAYS, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

/** The catalogue's calls, to services and to stores, and the exposures at the ingress gateways. */
export function callFlows({ catalogue }: Platform): Flow[] {
    return [
        ...edges(catalogue).map(({ caller, callee, port }) => ({
            from: [workload(NAMESPACES.services, caller)],
            to: [workload(NAMESPACES.services, callee)],
            ports: tcp(port.number),
        })),
        ...peerEdges(catalogue).map(({ service, port }) => ({
            from: [workload(NAMESPACES.services, service)],
            to: [workload(NAMESPACES.services, service)],
            ports: tcp(port.number),
        })),
        ...storeEdges(catalogue).map(({ caller, store, port }) => ({
            from: [workload(NAMESPACES.services, caller)],
            to: [workload(NAMESPACES.stores, store)],
            ports: tcp(port.number),
        })),
        ...exposures(catalogue).map(({ service, exposure, port }) => ({
            from: [workload(NAMESPACES.ingress, INGRESS_GATEWAYS[exposure.gateway])],
            to: [workload(NAMESPACES.services, service)],
            ports: tcp(port.number),
        })),
    ];
}
