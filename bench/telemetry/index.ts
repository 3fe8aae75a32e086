/**
 * The cost of telemetry, and the latency that sidecars add to a hop, on the embedded node, with variants in turn. During the
 * benchmark, two services of the mesh have other telemetry than the program declares, and restart for each variant.
 */
import { loadavg } from "node:os";
import { Deployment } from "../../test/live/deployment";
import { costsOf, type Hop, hopsOf, latencyOf, percentile, type Run, type VariantCost } from "./figures";
import type { LoadSettings } from "./load";
import { measure } from "./measure";
import { costTable, hopTable } from "./tables";

export interface TelemetryOptions extends LoadSettings {
    readonly rounds: number;
}

export interface TelemetryReport extends TelemetryOptions {
    /** The one-minute load average before the benchmark. */
    readonly loadAverage: number;
    readonly hops: readonly Hop[];
    readonly costs: readonly VariantCost[];
    /** In the order of execution. Milliseconds. */
    readonly runs: readonly ReturnType<typeof summarize>[];
}

/** @throws if it was interrupted, or a load got unexpected responses; it restores the program's telemetry first */
export async function benchTelemetry(options: TelemetryOptions): Promise<TelemetryReport> {
    const stop = new AbortController();
    const onSignal = (): void => {
        stop.abort(new Error("interrupted before the benchmark was complete"));
    };
    const report = (what: string): void => void process.stderr.write(`telemetry: ${what}\n`);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
    try {
        const node = await Deployment.of();
        const [loadAverage = 0] = loadavg();
        const runs = await measure(node, { ...options, report, stopped: stop.signal });
        return {
            ...options,
            loadAverage,
            hops: hopsOf(runs),
            costs: costsOf(runs),
            runs: runs.map(summarize),
        };
    } finally {
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
    }
}

function summarize(run: Run) {
    const { variant, micros, lateMicros, usage } = run;
    return {
        variant,
        answered: micros.length,
        ...latencyOf([run]),
        lateP99: percentile(lateMicros, 0.99) / 1000,
        ...(usage === undefined ? {} : { usage }),
    };
}

/** The maximum delay of a request's start, in milliseconds: half of the target for the added latency. */
const MAX_LATE_MS = 0.5;

/** The report for people. */
export function telemetryText(report: TelemetryReport): string {
    const { rate, seconds, rounds, loadAverage, runs } = report;
    const late = Math.max(...runs.map(({ lateP99 }) => lateP99));
    const p50s = report.hops.map(({ variant }) => {
        const values = runs.filter((run) => run.variant === variant).map(({ p50 }) => p50.toFixed(2));
        return `${variant} ${values.join(", ")}`;
    });
    return [
        hopTable(report.hops),
        `${rate} requests/s, ${rounds} × ${seconds} s for each row; load average ${loadAverage.toFixed(2)} before; ` +
            `99% of the requests of each run started within ${late.toFixed(2)} ms of their due time.`,
        ...(late > MAX_LATE_MS
            ? [
                  "The machine was too busy to send requests on time: these results are not reliable. Run the benchmark on an idle machine.",
              ]
            : []),
        `p50 of each run in ms: ${p50s.join("; ")}.`,
        costTable(report.costs),
        "Ratios are relative to the column on the left.",
    ].join("\n");
}
