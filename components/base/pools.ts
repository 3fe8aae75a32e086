/** Which nodes pods run on, where a stack's nodes are of several kinds. */
import type { Pool } from "../../config/cluster";
import type { MeshConfig } from "../../config/schema";

/** The label of a node, and the taint that keeps all others from it. */
export const POOL_KEY = "sparc.dev/pool";

/** Keeps meshed pods from a node whose istio-cni does not run yet; istiod takes it off. */
export const NOT_READY_KEY = "cni.istio.io/not-ready";

/** Pools that only those are let onto who are told to go there. */
export const TAINTED: Readonly<Record<Pool, boolean>> = { system: false, mesh: true, ingress: true };

export interface Placement {
    nodeSelector?: Record<string, string>;
    tolerations?: { key: string; operator: "Equal"; value: string; effect: "NoSchedule" }[];
}

/** Whether the stack's nodes are labelled and tainted by pool. */
export function hasPools({ cluster }: Pick<MeshConfig, "cluster">): boolean {
    return cluster.from === "eks" || (cluster.from === "existing" && cluster.pools);
}

/** Fields of a pod that put it onto a pool; none where the stack has no pools. */
export function placement(config: Pick<MeshConfig, "cluster">, pool: Pool): Placement {
    if (!hasPools(config)) return {};
    return {
        nodeSelector: { [POOL_KEY]: pool },
        ...(TAINTED[pool]
            ? { tolerations: [{ key: POOL_KEY, operator: "Equal", value: pool, effect: "NoSchedule" }] }
            : {}),
    };
}
