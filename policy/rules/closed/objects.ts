import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { contentOf, isPinned, keyOf, kindOf } from "../../core/listing";
import { UnknownField } from "../../core/read";
import { EVERYTHING, objectRule } from "../../core/rule";

export const closedObjects = objectRule<WithBaseline>({
    name: "closed-objects",
    area: "closed",
    title: "Every object is in the baseline with its content",
    severity: "critical",
    why: "a new caller, route, certificate or label can look like any other: no policy can determine from its fields whether it was reviewed",
    remediation: "Review the change, then regenerate the baseline and have its diff reviewed.",
    appliesTo: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: extensions.istio.io/v1alpha1
kind: TrafficExtension
metadata: { name: headers, namespace: shop }
spec: { lua: { inlineCode: "function envoy_on_request(handle) end" } }
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
`,
    },
    *evaluate(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined || !isPinned(subject)) return;
        const fix = howToList(config.baseline);
        const listed = baseline.objects[kindOf(subject)]?.[keyOf(subject)];
        if (listed === undefined) {
            yield { subject, problem: "it is not in the baseline", fix };
            return;
        }
        try {
            const content = contentOf(subject);
            if (content === listed) return;
            yield {
                subject,
                problem: `its content (sha256 ${content}) differs from the content in the baseline (${listed})`,
                fix,
            };
        } catch (error) {
            if (!(error instanceof UnknownField)) throw error;
            yield {
                subject,
                problem: `${error.path} is unknown until the update, but the baseline lists the object with known values`,
                fix: `use a literal value instead of another resource's output, or ${fix}`,
            };
        }
    },
});
