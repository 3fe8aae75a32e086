/** Evaluates runs: latency percentiles of a hop, and the cost of its two sidecars per 1,000 requests. */

/** Variants of a hop: `plain` is without sidecars, the others differ in their telemetry. */
export const VARIANTS = ["plain", "off", "default", "everything"] as const;
export type TelemetryVariant = (typeof VARIANTS)[number];

/** The usage of both sidecars of the hop during a run. */
export interface SidecarUsage {
    readonly cpuSeconds: number;
    /** Resident memory of all their processes after the run. */
    readonly residentBytes: number;
    /** Memory allocated by Envoy after the run. */
    readonly allocatedBytes: number;
    /** Series on Envoy's Prometheus page after the run. */
    readonly series: number;
    /** Series of Istio's metrics among them. */
    readonly istioSeries: number;
    readonly logLines: number;
    readonly logBytes: number;
}

export interface Run {
    readonly variant: TelemetryVariant;
    /** Latencies from a request's due time to the end of its response. */
    readonly micros: readonly number[];
    /** Delays between due time and start. */
    readonly lateMicros: readonly number[];
    /** Absent without sidecars. */
    readonly usage?: SidecarUsage;
}

/** Milliseconds. */
export interface Latency {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
}

/** The cost of both sidecars; CPU seconds and logs per 1,000 requests. */
export type Cost = SidecarUsage;

/** A percentile, by the nearest-rank method. */
export function percentile(values: readonly number[], share: number): number {
    const value = [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
    if (value === undefined) throw new Error("cannot compute a percentile of no values");
    return value;
}

/** The latency of all requests of these runs together. */
export function latencyOf(runs: readonly Run[]): Latency {
    const micros = runs.flatMap((run) => run.micros);
    const at = (share: number) => percentile(micros, share) / 1000;
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** The mean cost of these runs; undefined without sidecars. */
export function costOf(runs: readonly Run[]): Cost | undefined {
    const usage = runs.flatMap((run) => run.usage ?? []);
    if (usage.length === 0) return undefined;
    const requests = runs.reduce((sum, { micros }) => sum + micros.length, 0);
    const sum = (field: keyof SidecarUsage) => usage.reduce((total, one) => total + one[field], 0);
    const mean = (field: keyof SidecarUsage) => sum(field) / usage.length;
    const perThousand = (field: keyof SidecarUsage) => (sum(field) / requests) * 1000;
    return {
        cpuSeconds: perThousand("cpuSeconds"),
        residentBytes: mean("residentBytes"),
        allocatedBytes: mean("allocatedBytes"),
        series: mean("series"),
        istioSeries: mean("istioSeries"),
        logLines: perThousand("logLines"),
        logBytes: perThousand("logBytes"),
    };
}

/** The target for the latency that sidecars add to a hop, in milliseconds. */
export const TARGET = { p50: 1, p99: 2 } as const;

export interface Hop {
    readonly variant: TelemetryVariant;
    readonly latency: Latency;
    /** Relative to the hop without sidecars in the same benchmark. */
    readonly added: Latency;
    readonly ratio: Latency;
    readonly meetsTarget: boolean;
}

export function hopsOf(runs: readonly Run[]): Hop[] {
    const plain = latencyOf(runsOf(runs, "plain"));
    return VARIANTS.map((variant) => {
        const latency = latencyOf(runsOf(runs, variant));
        const added = each((at) => latency[at] - plain[at]);
        return {
            variant,
            latency,
            added,
            ratio: each((at) => latency[at] / plain[at]),
            meetsTarget: added.p50 < TARGET.p50 && added.p99 < TARGET.p99,
        };
    });
}

export interface VariantCost {
    readonly variant: TelemetryVariant;
    readonly cost: Cost;
}

/** The cost of each variant with sidecars. */
export function costsOf(runs: readonly Run[]): VariantCost[] {
    return VARIANTS.flatMap((variant) => {
        const cost = costOf(runsOf(runs, variant));
        return cost === undefined ? [] : [{ variant, cost }];
    });
}

function each(value: (at: keyof Latency) => number): Latency {
    return { p50: value("p50"), p90: value("p90"), p99: value("p99") };
}

function runsOf(runs: readonly Run[], variant: TelemetryVariant): Run[] {
    return runs.filter((run) => run.variant === variant);
}

/**
 * All variants in each round, in reverse order in every other one, so that a drift of the machine's speed affects all of them
 * equally.
 */
export function orderOf(rounds: number): TelemetryVariant[] {
    return Array.from({ length: rounds }, (_, round) =>
        round % 2 === 0 ? VARIANTS : [...VARIANTS].reverse(),
    ).flat();
}
