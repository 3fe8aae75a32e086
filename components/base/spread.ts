/** Replicas of a workload on different nodes and in different zones. */

/** The loss of a zone or of a node must not take down a workload. */
const SPREAD_OVER = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"];

export interface TopologySpreadConstraint {
    maxSkew: number;
    topologyKey: string;
    whenUnsatisfiable: "ScheduleAnyway";
    labelSelector: { matchLabels: Record<string, string> };
    /** Counts only the pods of one rollout: old ones that are about to go would distort the spread of the new ones. */
    matchLabelKeys: string[];
}

/** Spreads the pods with `labels`, of a Deployment, as far as the nodes allow. */
export function spread(labels: Readonly<Record<string, string>>): TopologySpreadConstraint[] {
    return SPREAD_OVER.map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { ...labels } },
        matchLabelKeys: ["pod-template-hash"],
    }));
}
