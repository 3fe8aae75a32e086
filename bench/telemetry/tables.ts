import Table from "cli-table3";
import {
    TARGET,
    type Cost,
    type Hop,
    type Latency,
    type TelemetryVariant,
    type VariantCost,
} from "./figures";

const NAMES: Readonly<Record<TelemetryVariant, string>> = {
    plain: "no sidecars",
    off: "telemetry off",
    default: "default telemetry",
    everything: "full telemetry",
};

const ROWS: readonly (readonly [keyof Cost, string, (value: number) => string])[] = [
    ["cpuSeconds", "CPU, 1,000 requests", (value) => `${value.toFixed(3)} s`],
    ["residentBytes", "memory, resident", megabytes],
    ["allocatedBytes", "memory, allocated by Envoy", megabytes],
    ["series", "series", (value) => value.toFixed(0)],
    ["istioSeries", "Istio's series", (value) => value.toFixed(0)],
    ["logLines", "log lines, 1,000 requests", (value) => value.toFixed(0)],
    ["logBytes", "log, 1,000 requests", (value) => `${(value / 1024).toFixed(1)} KB`],
];

/** The cost of both sidecars of a hop, each variant relative to the one on its left. */
export function costTable(costs: readonly VariantCost[]): string {
    return renderTable(
        ["both sidecars of a hop", ...costs.map(({ variant }) => NAMES[variant])],
        ROWS.map(([field, what, printed]) => [
            what,
            ...costs.map(({ cost }, index) => {
                const left = costs[index - 1]?.cost[field] ?? 0;
                const ratio = left === 0 ? "" : ` (${(cost[field] / left).toFixed(2)} ×)`;
                return `${printed(cost[field])}${ratio}`;
            }),
        ]),
    );
}

/** The latency of a hop, and the part that sidecars add. */
export function hopTable(hops: readonly Hop[]): string {
    const three = ({ p50, p90, p99 }: Latency, unit: string, sign = "") =>
        [p50, p90, p99].map((value) => `${value < 0 ? "" : sign}${value.toFixed(2)}`).join(" / ") +
        ` ${unit}`;
    const target = `under ${TARGET.p50} ms at p50, ${TARGET.p99} ms at p99`;
    return renderTable(
        ["a hop: p50 / p90 / p99", "latency", "added", "ratio", `target: ${target}`],
        hops.map(({ variant, latency, added, ratio, meetsTarget }) => [
            NAMES[variant],
            three(latency, "ms"),
            ...(variant === "plain"
                ? ["", "", ""]
                : [three(added, "ms", "+"), three(ratio, "×"), meetsTarget ? "met" : "missed"]),
        ]),
    );
}

function megabytes(bytes: number): string {
    return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

function renderTable(head: string[], rows: string[][]): string {
    const out = new Table({ head, style: { head: [], border: [] } });
    out.push(...rows);
    return out.toString();
}
