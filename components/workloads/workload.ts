import type { Port, Resources } from "../../catalogue/model";
import type { Kpi } from "../../catalogue/rollout";
import type { WorkloadSource } from "../../config/workloads";

/** A workload as the mesh needs to know it: a service or a store. */
export interface Workload {
    readonly name: string;
    readonly namespace: string;
    readonly ports: Readonly<Record<string, Port>>;
    readonly replicas: number;
    /** At least `replicas`. */
    readonly maxReplicas: number;
    /** Whether Flagger rolls it out. */
    readonly rolledOut: boolean;
    /** The business KPIs that it exports. */
    readonly kpis: readonly Kpi[];
    /** Versions in addition to the first, `v1`. */
    readonly versions: readonly string[];
    /** The names of the TCP ports on which its replicas call each other. */
    readonly peers: readonly string[];
    /** The resources of its sidecar; the stack's default unless the catalogue sets them. */
    readonly sidecar: Resources;
    /** The resources that the catalogue sets for its sidecar. */
    readonly sidecarOverride?: Resources | undefined;
    /** Where its pods come from, if the stack says so. @default a stand-in, or nothing if the stack has none */
    readonly source?: WorkloadSource | undefined;
}
