/** What the measured runs come to: percentiles of a hop, and what its two sidecars take for each 1,000 requests. */

/** How a request travels while it is measured: between two pods without sidecars, or between two with them. */
export const VARIANTS = ["plain", "off", "made", "everything"] as const;
export type Variant = (typeof VARIANTS)[number];

/** What both sidecars of the hop took during a run. */
export interface Taken {
    readonly cpuSeconds: number;
    /** Of all their processes, after it. */
    readonly residentBytes: number;
    /** By Envoy's own account, after it. */
    readonly allocatedBytes: number;
    /** Lines of Envoy's Prometheus page, after it. */
    readonly series: number;
    /** Those of them that are Istio's metrics. */
    readonly istioSeries: number;
    readonly logLines: number;
    readonly logBytes: number;
}

export interface Run {
    readonly variant: Variant;
    /** From when a request was due to the end of its answer. */
    readonly micros: readonly number[];
    /** How much later than due each was begun. */
    readonly lateMicros: readonly number[];
    /** Absent where there are no sidecars. */
    readonly taken?: Taken;
}

/** Milliseconds. */
export interface Latency {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
}

/** What both sidecars take; CPU seconds and what is logged for each 1,000 requests. */
export type Cost = Taken;

/** The value that so large a share of all does not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
    const value = [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
    if (value === undefined) throw new Error("no value, so no percentile");
    return value;
}

/** Of the requests of all these runs together. */
export function latencyOf(runs: readonly Run[]): Latency {
    const micros = runs.flatMap((run) => run.micros);
    const at = (share: number) => percentile(micros, share) / 1000;
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** The mean of these runs, or undefined where they had no sidecars. */
export function costOf(runs: readonly Run[]): Cost | undefined {
    const taken = runs.flatMap((run) => run.taken ?? []);
    if (taken.length === 0) return undefined;
    const requests = runs.reduce((sum, { micros }) => sum + micros.length, 0);
    const sum = (field: keyof Taken) => taken.reduce((total, one) => total + one[field], 0);
    const mean = (field: keyof Taken) => sum(field) / taken.length;
    const perThousand = (field: keyof Taken) => (sum(field) / requests) * 1000;
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

/** What the sidecars may add to a hop, in milliseconds. */
export const AIM = { p50: 1, p99: 2 } as const;

export interface Hop {
    readonly variant: Variant;
    readonly latency: Latency;
    /** Against the same hop without sidecars, of the same run. */
    readonly added: Latency;
    readonly ratio: Latency;
    readonly withinAim: boolean;
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
            withinAim: added.p50 < AIM.p50 && added.p99 < AIM.p99,
        };
    });
}

export interface VariantCost {
    readonly variant: Variant;
    readonly cost: Cost;
}

/** By variant, of those that have sidecars. */
export function costsOf(runs: readonly Run[]): VariantCost[] {
    return VARIANTS.flatMap((variant) => {
        const cost = costOf(runsOf(runs, variant));
        return cost === undefined ? [] : [{ variant, cost }];
    });
}

function each(value: (at: keyof Latency) => number): Latency {
    return { p50: value("p50"), p90: value("p90"), p99: value("p99") };
}

function runsOf(runs: readonly Run[], variant: Variant): Run[] {
    return runs.filter((run) => run.variant === variant);
}

/**
 * All variants again and again, every other time backwards, so that a machine that grows slower or faster does it to all
 * alike.
 */
export function orderOf(rounds: number): Variant[] {
    return Array.from({ length: rounds }, (_, round) =>
        round % 2 === 0 ? VARIANTS : [...VARIANTS].reverse(),
    ).flat();
}
