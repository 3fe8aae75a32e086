/** Scheduling of pods onto node pools. */
import type { Pool } from "../../../config/cluster";
import type { MeshConfig } from "../../../config/schema";

/** The label of a node, and the key of the taint that keeps other pods off it. */
export const POOL_KEY = "sparc.dev/pool";

/** The startup taint that keeps meshed pods off a node until istio-cni runs there; istiod removes it. */
export const NOT_READY_KEY = "cni.istio.io/not-ready";

/** Pools whose nodes accept only pods with a toleration of the pool. Every pool has the startup taint. */
export const TAINTED: Readonly<Record<Pool, boolean>> = { system: false, mesh: true, ingress: true };

export type Toleration =
    | { key: string; operator: "Equal"; value: string; effect: "NoSchedule" }
    | { key: string; operator: "Exists"; effect: "NoSchedule" };

export interface Placement {
    nodeSelector?: Record<string, string>;
    tolerations?: Toleration[];
}

/**
 * Pods that start on a node before istio-cni runs there: istiod, which removes the startup taint, and those outside the
 * mesh, some of which istiod needs. Pods in the mesh must not tolerate it.
 */
export const BEFORE_CNI: readonly Toleration[] = [
    { key: NOT_READY_KEY, operator: "Exists", effect: "NoSchedule" },
];

/** Whether the stack's nodes have the pools' labels and taints. */
export function hasPools({ cluster }: Pick<MeshConfig, "cluster">): boolean {
    return cluster.from === "eks" || (cluster.from === "existing" && cluster.pools);
}

/**
 * The node selector and tolerations that place a pod in a pool; empty if the stack has no pools.
 *
 * @param more tolerations in addition to the pool's
 */
export function placement(
    config: Pick<MeshConfig, "cluster">,
    pool: Pool,
    more: readonly Toleration[] = [],
): Placement {
    if (!hasPools(config)) return {};
    const ofPool: Toleration[] = TAINTED[pool]
        ? [{ key: POOL_KEY, operator: "Equal", value: pool, effect: "NoSchedule" }]
        : [];
    const tolerations = [...ofPool, ...more];
    return { nodeSelector: { [POOL_KEY]: pool }, ...(tolerations.length > 0 ? { tolerations } : {}) };
}
