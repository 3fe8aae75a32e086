/** Scheduling of pods onto node pools. */
import type { Pool } from "../../config/cluster";
import type { MeshConfig } from "../../config/schema";

/** The label of a node, and the key of the taint that keeps other pods off it. */
export const POOL_KEY = "sparc.dev/pool";

/** The startup taint that keeps meshed pods off a node until istio-cni runs there; istiod removes it. */
export const NOT_READY_KEY = "cni.istio.io/not-ready";

/** Pools whose nodes accept only pods with a toleration. */
export const TAINTED: Readonly<Record<Pool, boolean>> = { system: false, mesh: true, ingress: true };

export interface Placement {
    nodeSelector?: Record<string, string>;
    tolerations?: { key: string; operator: "Equal"; value: string; effect: "NoSchedule" }[];
}

/** Whether the stack's nodes have the pools' labels and taints. */
export function hasPools({ cluster }: Pick<MeshConfig, "cluster">): boolean {
    return cluster.from === "eks" || (cluster.from === "existing" && cluster.pools);
}

/** The node selector and toleration that place a pod in a pool; empty if the stack has no pools. */
export function placement(config: Pick<MeshConfig, "cluster">, pool: Pool): Placement {
    if (!hasPools(config)) return {};
    return {
        nodeSelector: { [POOL_KEY]: pool },
        ...(TAINTED[pool]
            ? { tolerations: [{ key: POOL_KEY, operator: "Equal", value: pool, effect: "NoSchedule" }] }
            : {}),
    };
}
