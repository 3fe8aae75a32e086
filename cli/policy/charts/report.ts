/** The report of `mesh policy` about Helm charts. */
import { type Diagnostic, type EvaluatedResource } from "../protocol";
import { plural } from "../../lib/plural";
import { type ChartObjects, type UnevaluatedChart } from "./index";

/**
 * Policies that compare with the baseline. Chart objects are not in the baseline, because Pulumi's engine never passes
 * them to the pack; `closed-releases` pins each release's chart, version and values instead.
 */
const BASELINE_POLICIES: ReadonlySet<string> = new Set(["closed-kinds", "closed-objects"]);

/** Diagnostics without those of baseline policies about chart objects. */
export function ofPolicies(
    diagnostics: readonly Diagnostic[],
    objects: readonly EvaluatedResource[],
): readonly Diagnostic[] {
    const ofCharts = new Set(objects.map(({ urn }) => urn));
    return diagnostics.filter(
        ({ policy, urn }) => !(BASELINE_POLICIES.has(policy) && urn !== undefined && ofCharts.has(urn)),
    );
}

/** A release that helm cannot template would also fail to deploy. No policy has evaluated it, so it must not pass. */
export function chartFindings({ failed }: ChartObjects): readonly Diagnostic[] {
    return failed.map(({ release: { urn, name }, reason }) => ({
        policy: "mesh policy",
        level: "mandatory",
        urn,
        message: `release ${name}: helm cannot template the chart with these values.\n${reason}\n  Fix: correct the values.`,
    }));
}

/** Text: what was evaluated, and what was not and why. Empty without releases. */
export function chartsSummary({ templated, objects, replaced, unevaluated }: ChartObjects): string {
    if (templated + unevaluated.length === 0) return "";
    const lines = [
        `charts: ${plural(objects.length, "object")} of ${plural(templated, "release")} templated and evaluated`,
    ];
    const others = [...new Set(replaced)];
    if (others.length > 0) lines.push(`  with another version of the chart: ${others.join(", ")}`);
    for (const [reason, charts] of byReason(unevaluated))
        lines.push(
            `  not evaluated: ${plural(charts.length, "chart")}, because ${reason}: ${charts.join(", ")}`,
        );
    return `${lines.join("\n")}\n`;
}

function byReason(unevaluated: readonly UnevaluatedChart[]): ReadonlyMap<string, readonly string[]> {
    const reasons = [...new Set(unevaluated.map(({ reason }) => reason))];
    return new Map(
        reasons.map((reason) => [
            reason,
            [...new Set(unevaluated.filter((one) => one.reason === reason).map(({ chart }) => chart))],
        ]),
    );
}
