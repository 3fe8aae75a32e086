/** One screen of a live mesh: what runs, how it does, and whether it is as the program has it. */
import type { Rollout } from "../up/cluster";
import type { Drift } from "../verify/drift/compare";

export interface MeshStatus {
    readonly workloads: readonly Rollout[];
    /** Of services that were asked within the last five minutes, as their callers count. */
    readonly services: readonly ServiceFigures[];
    readonly alerts: readonly Alert[];
    readonly certificates: readonly Certificate[];
    /** Flagger's canaries; none where there is no Flagger. */
    readonly canaries: readonly Canary[];
    readonly drift: readonly Pick<Drift, "state" | "text">[];
    /** What could not be told, and why: a status without it would look better than it is. */
    readonly untold: readonly string[];
}

export interface ServiceFigures {
    readonly service: string;
    /** Requests in a second. */
    readonly rate: number;
    /** Share of them that failed, 0 to 1. */
    readonly failed: number;
    /** The share that may fail, by the service's objective. */
    readonly mayFail: number;
    /** Milliseconds within which 99% were answered; absent where nothing was measured, as of streams. */
    readonly p99?: number;
    /** Milliseconds over which its answers are slow. */
    readonly slowAfter: number;
    /** Replicas that its callers leave out, at the caller that leaves out most. */
    readonly leftOut: number;
}

/** An alert that fires. */
export interface Alert {
    readonly name: string;
    readonly severity: string;
    /** What of its labels says what it is about: `service=auth`. */
    readonly about: string;
}

export interface Certificate {
    readonly namespace: string;
    readonly name: string;
    readonly ready: boolean;
    /** When it ends, ISO 8601; absent where it was never issued. */
    readonly until?: string;
}

export interface Canary {
    readonly namespace: string;
    readonly name: string;
    /** Flagger's word: Initialized, Progressing, WaitingPromotion, Succeeded, Failed. */
    readonly phase: string;
    /** Percent of the traffic that the new version gets. */
    readonly weight: number;
    /** The latest that Flagger says of it. */
    readonly message: string;
}

/** Whether all is there, ready, and as the program has it. What goes on in it is the alerts' to judge. */
export function isWell({ workloads, certificates, drift, untold }: MeshStatus): boolean {
    return (
        workloads.every(({ ready, wanted }) => ready >= wanted) &&
        certificates.every(({ ready }) => ready) &&
        drift.every(({ state }) => state === "foreign") &&
        untold.length === 0
    );
}
