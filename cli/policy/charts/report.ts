/** What `mesh policy` reports about the charts of a stack's releases. */
import { type Diagnostic, type JudgedResource } from "../protocol";
import { type ChartObjects, type Unjudged } from "./index";

/**
 * What charts make cannot be in a baseline: Pulumi's engine never shows it to the pack. `closed-releases` pins every release by its
 * chart, version and values in its place.
 */
const OF_BASELINE: ReadonlySet<string> = new Set(["closed-kinds", "closed-objects"]);

/** Findings without those of the baseline about objects of charts. */
export function ofPolicies(
    found: readonly Diagnostic[],
    objects: readonly JudgedResource[],
): readonly Diagnostic[] {
    const ofCharts = new Set(objects.map(({ urn }) => urn));
    return found.filter(
        ({ policy, urn }) => !(OF_BASELINE.has(policy) && urn !== undefined && ofCharts.has(urn)),
    );
}

/** A release that helm refuses would fail in the cluster, too: no policy has judged it, so it must not pass. */
export function chartFindings({ failed }: ChartObjects): readonly Diagnostic[] {
    return failed.map(({ release: { urn, name }, reason }) => ({
        policy: "mesh policy",
        level: "mandatory",
        urn,
        message: `release ${name}: helm cannot template its chart with its values.\n${reason}\n  Fix: correct the values.`,
    }));
}

/** Lines for people: what was judged, and what was not and why. Empty without releases. */
export function chartsSummary({ templated, objects, replaced, unjudged }: ChartObjects): string {
    if (templated + unjudged.length === 0) return "";
    const lines = [`charts: ${objects.length} objects of ${templated} releases templated and judged`];
    const others = [...new Set(replaced)];
    if (others.length > 0) lines.push(`  by another version of the chart: ${others.join(", ")}`);
    for (const [reason, charts] of byReason(unjudged))
        lines.push(
            `  not judged: objects of ${counted(charts.length)}, because ${reason}: ${charts.join(", ")}`,
        );
    return `${lines.join("\n")}\n`;
}

function counted(count: number): string {
    return count === 1 ? "1 chart" : `${count} charts`;
}

function byReason(unjudged: readonly Unjudged[]): ReadonlyMap<string, readonly string[]> {
    const reasons = [...new Set(unjudged.map(({ reason }) => reason))];
    return new Map(
        reasons.map((reason) => [
            reason,
            [...new Set(unjudged.filter((one) => one.reason === reason).map(({ chart }) => chart))],
        ]),
    );
}
