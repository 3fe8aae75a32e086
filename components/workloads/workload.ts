import type { Port, Resources } from "../../catalogue/model";
import type { Kpi } from "../../catalogue/rollout";

/** What the mesh needs to know of a workload, be it a service or a store. */
export interface Workload {
    readonly name: string;
    readonly namespace: string;
    readonly ports: Readonly<Record<string, Port>>;
    readonly replicas: number;
    /** Whether Flagger rolls it out. */
    readonly rolledOut: boolean;
    /** What of the business it counts. */
    readonly kpis: readonly Kpi[];
    /** Versions that run beside the first, `v1`. */
    readonly versions: readonly string[];
    /** What its sidecar gets; the stack's own where the catalogue says nothing. */
    readonly sidecar: Resources;
}
