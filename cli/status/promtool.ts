/** How Prometheus is asked inside its own pod. */
import { PROMETHEUS_SERVICE } from "../../components/base/names";

export interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: number;
}

/** Values of one series by Unix time, in seconds. */
export interface Series {
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [time: number, value: number])[];
}

/** A time by its ends, and what is between two points in it: Unix times and seconds, all whole. */
export interface Span {
    readonly from: number;
    readonly to: number;
    readonly step: number;
}

const ADDRESS = `http://127.0.0.1:${PROMETHEUS_SERVICE.port}`;

/** Prints the instant values of a PromQL expression. @param at Unix time in seconds @default now */
export function queryCommand(expression: string, at?: number): readonly string[] {
    const time = at === undefined ? [] : [`--time=${at}`];
    return ["/bin/promtool", "query", "instant", "--format=json", ...time, ADDRESS, expression];
}

/** Prints the values of a PromQL expression over a time. */
export function rangeCommand(expression: string, { from, to, step }: Span): readonly string[] {
    const over = [`--start=${from}`, `--end=${to}`, `--step=${step}s`];
    return ["/bin/promtool", "query", "range", "--format=json", ...over, ADDRESS, expression];
}

/** What `queryCommand` printed. */
export function samplesIn(printed: string): Sample[] {
    const found = JSON.parse(printed) as readonly {
        readonly metric?: Readonly<Record<string, string>>;
        readonly value: readonly [number, string];
    }[];
    return found.map(({ metric = {}, value }) => ({ metric, value: Number(value[1]) }));
}

/** What `rangeCommand` printed. */
export function seriesIn(printed: string): Series[] {
    const found = JSON.parse(printed) as readonly {
        readonly metric?: Readonly<Record<string, string>>;
        readonly values: readonly (readonly [number, string])[];
    }[];
    return found.map(({ metric = {}, values }) => ({
        metric,
        values: values.map(([time, value]) => [time, Number(value)] as const),
    }));
}
