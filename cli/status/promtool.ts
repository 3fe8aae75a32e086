/** How Prometheus is asked inside its own pod. */
import { PROMETHEUS_SERVICE } from "../../components/base/names";

export interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: number;
}

/** Prints the instant values of a PromQL expression. */
export function queryCommand(expression: string): readonly string[] {
    const address = `http://127.0.0.1:${PROMETHEUS_SERVICE.port}`;
    return ["/bin/promtool", "query", "instant", "--format=json", address, expression];
}

/** What it printed. */
export function samplesIn(printed: string): Sample[] {
    const found = JSON.parse(printed) as readonly {
        readonly metric?: Readonly<Record<string, string>>;
        readonly value: readonly [number, string];
    }[];
    return found.map(({ metric = {}, value }) => ({ metric, value: Number(value[1]) }));
}
