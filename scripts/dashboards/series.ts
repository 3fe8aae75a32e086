/** Which of a panel's series are drawn, and how they are called. */
import type { Series } from "../../cli/status/promtool";
import type { Answered } from "./board";

export interface Drawn {
    readonly name: string;
    readonly labels: Series["metric"];
    /** With their gaps: what Prometheus could not tell is no number. */
    readonly values: Series["values"];
    /** The last value that is a number. */
    readonly last: number;
}

/** All series of a panel that have a number anywhere. */
export function drawable({ questions, answers }: Answered): Drawn[] {
    return questions.flatMap(({ legend }, index) =>
        (answers[index] ?? []).flatMap(({ metric, values }) => {
            const last = values.findLast(([, value]) => Number.isFinite(value));
            if (last === undefined) return [];
            return [{ name: nameOf(metric, legend), labels: metric, values, last: last[1] }];
        }),
    );
}

/**
 * As many as there is room for, those that score highest, and what to say of the others.
 *
 * @returns `left` is empty where none was left out
 */
export function largest(
    all: readonly Drawn[],
    room: number,
    score: (series: Drawn) => number,
): { readonly kept: readonly Drawn[]; readonly left: string } {
    const kept = [...all].sort((a, b) => score(b) - score(a) || byName(a, b)).slice(0, room);
    return { kept, left: kept.length < all.length ? `the ${kept.length} largest of ${all.length}` : "" };
}

export function byName(a: Drawn, b: Drawn): number {
    return a.name < b.name ? -1 : 1;
}

/** The highest number that a series has. */
export function peak({ values }: Drawn): number {
    return Math.max(...values.map(([, value]) => value).filter(Number.isFinite));
}

/** As Grafana does it: by the legend's labels, or by all where there is no legend. */
function nameOf(metric: Series["metric"], legend: string): string {
    if (legend !== "") {
        return legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? "");
    }
    const labels = Object.entries(metric).map(([label, value]) => `${label}="${value}"`);
    return `{${labels.join(", ")}}`;
}
