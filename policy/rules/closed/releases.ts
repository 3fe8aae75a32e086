import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { inputsOf, keyOf } from "../../core/listing";
import { UnknownField } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";

export const closedReleases = objectRule<WithBaseline>({
    name: "closed-releases",
    area: "closed",
    title: "Every Helm release has the chart and the values in the baseline",
    severity: "critical",
    why: "policies do not see all objects of a chart, and one of its values can override the security of all other objects",
    remediation: "Review the change of the values, then regenerate the baseline and have its diff reviewed.",
    appliesTo: CHARTS,
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        noncompliant: `
type: kubernetes:helm.sh/v3:Release
name: istiod
properties:
  name: istiod
  namespace: istio-system
  chart: oci://ghcr.io/istio/release/charts/istiod
  version: 1.31.1
  values: { meshConfig: { outboundTrafficPolicy: { mode: REGISTRY_ONLY }, enable_auto_mtls: false } }
`,
        compliant: `
type: kubernetes:helm.sh/v3:Release
name: istiod
properties:
  name: istiod
  namespace: istio-system
  chart: oci://ghcr.io/istio/release/charts/istiod
  version: 1.31.1
  values: { meshConfig: { outboundTrafficPolicy: { mode: REGISTRY_ONLY } } }
`,
    },
    *evaluate(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = howToList(config.baseline);
        const listed = baseline.releases[keyOf(subject)];
        if (listed === undefined) {
            yield { subject, problem: "the baseline lists no release with this name in this namespace", fix };
            return;
        }
        yield* differences(subject, listed, fix);
    },
});

function* differences(
    subject: Subject,
    listed: Readonly<Record<string, string>>,
    fix: string,
): Iterable<Violation> {
    let inputs: ReadonlyMap<string, string>;
    try {
        inputs = inputsOf(subject);
    } catch (error) {
        if (!(error instanceof UnknownField)) throw error;
        const problem = `${error.path} is unknown until the update, but the baseline lists only known values`;
        yield {
            subject,
            problem,
            fix: `use a literal value instead of another resource's output, or ${fix}`,
        };
        return;
    }
    for (const [path, value] of inputs) {
        const expected = listed[path];
        if (value === expected) continue;
        if (path === "version" && expected === undefined && isFolder(listed)) continue;
        const problem =
            expected === undefined
                ? `${path} = ${value} is not listed in the baseline`
                : `${path} is ${value}, but the baseline lists ${expected}`;
        yield { subject, problem, fix };
    }
    for (const [path, expected] of Object.entries(listed)) {
        if (inputs.has(path)) continue;
        yield { subject, problem: `${path} is missing, but the baseline lists ${expected}`, fix };
    }
}

/** Whether a listed chart is a local folder, for which the provider fills in the version in its Chart.yaml. */
function isFolder(listed: Readonly<Record<string, string>>): boolean {
    return listed["repositoryOpts.repo"] === undefined && !(listed["chart"] ?? "").includes("://");
}
