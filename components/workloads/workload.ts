import type { Port, Resources } from "../../catalogue/model";

/** What the mesh needs to know of a workload, be it a service or a store. */
export interface Workload {
    readonly name: string;
    readonly namespace: string;
    readonly ports: Readonly<Record<string, Port>>;
    readonly replicas: number;
    /** Whether Flagger rolls it out. */
    readonly rolledOut: boolean;
    /** Versions that run beside the first, `v1`. */
    readonly versions: readonly string[];
    /** What its sidecar gets; the stack's own where the catalogue says nothing. */
    readonly sidecar: Resources;
}
