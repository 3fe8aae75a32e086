/** The status of a live mesh: workloads, their health, and drift from the desired state. */
import type { DeploymentStatus } from "../lib/cluster/deployments";
import type { Drift } from "../lib/drift/compare";

export interface MeshStatus {
    readonly workloads: readonly DeploymentStatus[];
    /** Services with traffic in the last five minutes, as measured by their callers. */
    readonly services: readonly ServiceMetrics[];
    readonly alerts: readonly Alert[];
    readonly certificates: readonly Certificate[];
    /** Flagger's Canaries; empty without Flagger. */
    readonly canaries: readonly Canary[];
    readonly drift: readonly Pick<Drift, "state" | "text">[];
    /** The parts that could not be read, and why. Without them the status would look better than it is. */
    readonly unavailable: readonly string[];
}

export interface ServiceMetrics {
    readonly service: string;

    readonly requestsPerSecond: number;
    /** Share of failed requests, 0 to 1. */
    readonly errorRate: number;
    /** The highest error rate that the service's SLO allows, 0 to 1. */
    readonly errorRateObjective: number;
    /** p99 latency in milliseconds; absent if not measured, as for streams. */
    readonly p99Ms?: number;
    /** Latency above which a response counts as slow. */
    readonly latencyThresholdMs: number;
    /** Endpoints ejected by outlier detection, at the caller that ejects most. */
    readonly ejectedEndpoints: number;
}

/** A firing alert. */
export interface Alert {
    readonly name: string;
    readonly severity: string;
    /** The labels other than the rule's: `service=auth`. */
    readonly subject: string;
}

export interface Certificate {
    readonly namespace: string;
    readonly name: string;
    readonly ready: boolean;
    /** Expiry, ISO 8601; absent if the certificate was never issued. */
    readonly notAfter?: string;
}

export interface Canary {
    readonly namespace: string;
    readonly name: string;
    /** Flagger's phase: Initialized, Progressing, WaitingPromotion, Succeeded, Failed. */
    readonly phase: string;
    /** Percentage of traffic that the new version receives. */
    readonly weight: number;
    /** Flagger's latest message. */
    readonly message: string;
}

/** Whether everything is present, ready and without drift. Traffic does not count: alerts cover it. */
export function isHealthy({ workloads, certificates, drift, unavailable }: MeshStatus): boolean {
    return (
        workloads.every(({ ready, desired }) => ready >= desired) &&
        certificates.every(({ ready }) => ready) &&
        drift.every(({ state }) => state === "foreign") &&
        unavailable.length === 0
    );
}
