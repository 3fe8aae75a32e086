/** Selects and names the series of a panel. */
import type { Series } from "../../cli/status/promtool";
import type { PanelData } from "./board";

export interface DrawnSeries {
    readonly name: string;
    readonly labels: Series["metric"];
    /** Including gaps: a missing value is NaN. */
    readonly values: Series["values"];
    /** The last finite value. */
    readonly last: number;
}

/** All series of a panel with a finite value. */
export function drawable({ queries, results }: PanelData): DrawnSeries[] {
    return queries.flatMap(({ legend }, index) =>
        (results[index] ?? []).flatMap(({ metric, values }) => {
            const last = values.findLast(([, value]) => Number.isFinite(value));
            if (last === undefined) return [];
            return [{ name: nameOf(metric, legend), labels: metric, values, last: last[1] }];
        }),
    );
}

/**
 * The series with the highest scores, up to `room`, and a note about omitted ones.
 *
 * @returns an empty `note` if none was omitted
 */
export function largest(
    all: readonly DrawnSeries[],
    room: number,
    score: (series: DrawnSeries) => number,
): { readonly kept: readonly DrawnSeries[]; readonly note: string } {
    const kept = [...all].sort((a, b) => score(b) - score(a) || byName(a, b)).slice(0, room);
    return { kept, note: kept.length < all.length ? `the ${kept.length} largest of ${all.length}` : "" };
}

export function byName(a: DrawnSeries, b: DrawnSeries): number {
    return a.name < b.name ? -1 : 1;
}

/** The highest value of a series. */
export function peak({ values }: DrawnSeries): number {
    return Math.max(...values.map(([, value]) => value).filter(Number.isFinite));
}

/** The name of a series, as in Grafana: the legend with its labels, or all labels without a legend. */
function nameOf(metric: Series["metric"], legend: string): string {
    if (legend !== "") {
        return legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? "");
    }
    const labels = Object.entries(metric).map(([label, value]) => `${label}="${value}"`);
    return `{${labels.join(", ")}}`;
}
