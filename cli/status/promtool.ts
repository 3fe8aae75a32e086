/** promtool commands for Prometheus' pod, and the parsing of their output. */
import { PROMETHEUS_SERVICE } from "../../components/base/names";

export interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: number;
}

/** One series: values by Unix time in seconds. */
export interface Series {
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [time: number, value: number])[];
}

/** A time range and its resolution: Unix times and seconds, all integers. */
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

/** Prints the values of a PromQL expression over a time range. */
export function rangeCommand(expression: string, { from, to, step }: Span): readonly string[] {
    const over = [`--start=${from}`, `--end=${to}`, `--step=${step}s`];
    return ["/bin/promtool", "query", "range", "--format=json", ...over, ADDRESS, expression];
}

/** Parses the output of `queryCommand`. */
export function samplesIn(printed: string): Sample[] {
    const parsed = JSON.parse(printed) as readonly {
        readonly metric?: Readonly<Record<string, string>>;
        readonly value: readonly [number, string];
    }[];
    return parsed.map(({ metric = {}, value }) => ({ metric, value: Number(value[1]) }));
}

/** Parses the output of `rangeCommand`. */
export function seriesIn(printed: string): Series[] {
    const parsed = JSON.parse(printed) as readonly {
        readonly metric?: Readonly<Record<string, string>>;
        readonly values: readonly (readonly [number, string])[];
    }[];
    return parsed.map(({ metric = {}, values }) => ({
        metric,
        values: values.map(([time, value]) => [time, Number(value)] as const),
    }));
}
