/**
 * What telemetry costs, and what sidecars add to a hop: one run on the embedded node, in which the variants take turns.
 * While it lasts two services of the mesh are counted and logged otherwise than the program says, and are started
 * anew for each variant.
 */
import { loadavg } from "node:os";
import { Deployment } from "../../test/live/deployment";
import { costsOf, type Hop, hopsOf, latencyOf, percentile, type Run, type VariantCost } from "./figures";
import type { Load } from "./load";
import { measured } from "./measure";
import { costTable, hopTable } from "./tables";

export interface TelemetryOptions extends Load {
    readonly rounds: number;
}

export interface TelemetryReport extends TelemetryOptions {
    /** Of the last minute, before it began. */
    readonly loadAverage: number;
    readonly hops: readonly Hop[];
    readonly costs: readonly VariantCost[];
    /** In the order in which they ran, milliseconds. */
    readonly runs: readonly ReturnType<typeof briefly>[];
}

/** @throws where it was stopped, or a load was not answered as asked; the program's telemetry is given back first */
export async function benchTelemetry(options: TelemetryOptions): Promise<TelemetryReport> {
    const stop = new AbortController();
    const onSignal = (): void => {
        stop.abort(new Error("stopped before all was measured"));
    };
    const say = (what: string): void => void process.stderr.write(`telemetry: ${what}\n`);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
    try {
        const node = await Deployment.of();
        const [loadAverage = 0] = loadavg();
        const runs = await measured(node, { ...options, say, stopped: stop.signal });
        return { ...options, loadAverage, hops: hopsOf(runs), costs: costsOf(runs), runs: runs.map(briefly) };
    } finally {
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
    }
}

function briefly(run: Run) {
    const { variant, micros, lateMicros, taken } = run;
    return {
        variant,
        answered: micros.length,
        ...latencyOf([run]),
        lateP99: percentile(lateMicros, 0.99) / 1000,
        ...(taken === undefined ? {} : { taken }),
    };
}

/** Milliseconds that the asker may be late by: half of what sidecars may add to a hop. */
const PUNCTUAL = 0.5;

/** For people. */
export function telemetryText(report: TelemetryReport): string {
    const { rate, seconds, rounds, loadAverage, runs } = report;
    const late = Math.max(...runs.map(({ lateP99 }) => lateP99));
    const p50s = report.hops.map(({ variant }) => {
        const own = runs.filter((run) => run.variant === variant).map(({ p50 }) => p50.toFixed(2));
        return `${variant} ${own.join(", ")}`;
    });
    return [
        hopTable(report.hops),
        `${rate} requests/s, ${rounds} × ${seconds} s for each row; load average ${loadAverage.toFixed(2)} before; ` +
            `of a run's requests 99% were begun within ${late.toFixed(2)} ms of when they were due.`,
        ...(late > PUNCTUAL
            ? [
                  "The machine was too busy to ask on time: do not believe these figures, run it again on a quiet one.",
              ]
            : []),
        `p50 of each run in ms: ${p50s.join("; ")}.`,
        costTable(report.costs),
        "A ratio is to the column on its left.",
    ].join("\n");
}
