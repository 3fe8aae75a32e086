import type { Port, Resources } from "../../catalogue/model";
import type { Kpi } from "../../catalogue/rollout";

/** A workload as the mesh needs to know it: a service or a store. */
export interface Workload {
    readonly name: string;
    readonly namespace: string;
    readonly ports: Readonly<Record<string, Port>>;
    readonly replicas: number;
    /** Whether Flagger rolls it out. */
    readonly rolledOut: boolean;
    /** The business KPIs that it exports. */
    readonly kpis: readonly Kpi[];
    /** Versions in addition to the first, `v1`. */
    readonly versions: readonly string[];
    /** The resources of its sidecar; the stack's default unless the catalogue sets them. */
    readonly sidecar: Resources;
}
