import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { inputsOf, keyOf } from "../../core/listing";
import { UnknownField } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { CHARTS, type Subject } from "../../core/subject";

export const closedReleases = objectRule<WithBaseline>({
    name: "closed-releases",
    area: "closed",
    title: "Every Helm release has the chart and the values that the baseline lists",
    severity: "critical",
    why: "a chart makes objects that no policy sees here, and one key of its values opens what all other objects close",
    remedy: "Read the change of the values, then generate the baseline again and have its diff reviewed.",
    judges: CHARTS,
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        refused: `
type: kubernetes:helm.sh/v3:Release
name: istiod
properties:
  name: istiod
  namespace: istio-system
  chart: oci://ghcr.io/istio/release/charts/istiod
  version: 1.31.1
  values: { meshConfig: { outboundTrafficPolicy: { mode: REGISTRY_ONLY }, enable_auto_mtls: false } }
`,
        accepted: `
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
    *judge(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = howToList(config.baseline);
        const listed = baseline.releases[keyOf(subject)];
        if (listed === undefined) {
            yield { subject, wrong: "the baseline lists no release of this name in this namespace", fix };
            return;
        }
        yield* differences(subject, listed, fix);
    },
});

function* differences(
    subject: Subject,
    listed: Readonly<Record<string, string>>,
    fix: string,
): Iterable<Finding> {
    let inputs: ReadonlyMap<string, string>;
    try {
        inputs = inputsOf(subject);
    } catch (error) {
        if (!(error instanceof UnknownField)) throw error;
        const wrong = `${error.path} is known only during the update, and the baseline lists values that are all known`;
        yield {
            subject,
            wrong,
            fix: `write the value itself instead of another resource's output, or ${fix}`,
        };
        return;
    }
    for (const [path, value] of inputs) {
        const expected = listed[path];
        if (value === expected) continue;
        const wrong =
            expected === undefined
                ? `${path} = ${value} is not listed in the baseline`
                : `${path} is ${value}, and the baseline lists ${expected}`;
        yield { subject, wrong, fix };
    }
    for (const [path, expected] of Object.entries(listed)) {
        if (inputs.has(path)) continue;
        yield { subject, wrong: `${path} is missing, and the baseline lists ${expected}`, fix };
    }
}
