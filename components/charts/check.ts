import type { Chart, Release } from "../base/manifest";
import { unknownKeys } from "./unknown-keys";
import { CHART_VALUES } from "./values";
import { unknownCase } from "../../catalogue/never";

/** Reports invalid values of Helm releases, for charts whose keys are known. */
export function chartProblems(releases: readonly Release[]): string[] {
    return releases.flatMap(({ namespace, name, chart, values }) => {
        const keys = CHART_VALUES[chartName(chart)];
        const problems = keys === undefined ? [] : unknownKeys(values, keys);
        return problems.map(
            (problem) => `release ${namespace}/${name}, values of the chart ${chartName(chart)}: ${problem}`,
        );
    });
}

/** The chart's name, whatever its source. */
export function chartName(chart: Chart): string {
    switch (chart.from) {
        case "repository":
            return chart.name;
        case "registry":
            return lastOf(chart.reference);
        case "folder":
            return chart.name ?? lastOf(chart.path);
        default:
            return unknownCase(chart);
    }
}

function lastOf(path: string): string {
    return path.replace(/\/+$/, "").split("/").at(-1) ?? path;
}
