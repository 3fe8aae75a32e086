import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { contentOf, isPinned, keyOf, kindOf } from "../../core/listing";
import { UnknownField } from "../../core/read";
import { EVERYTHING, objectRule } from "../../core/rule";

export const closedObjects = objectRule<WithBaseline>({
    name: "closed-objects",
    area: "closed",
    title: "Every object is listed with its content",
    severity: "critical",
    why: "a caller, a route, a certificate or a label that somebody adds can look like any other: no policy can tell from its fields whether somebody has read them",
    remedy: "Read the change, then generate the baseline again and have its diff reviewed.",
    judges: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        refused: `
apiVersion: extensions.istio.io/v1alpha1
kind: TrafficExtension
metadata: { name: headers, namespace: shop }
spec: { lua: { inlineCode: "function envoy_on_request(handle) end" } }
`,
        accepted: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
`,
    },
    *judge(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined || !isPinned(subject)) return;
        const fix = howToList(config.baseline);
        const listed = baseline.objects[kindOf(subject)]?.[keyOf(subject)];
        if (listed === undefined) {
            yield { subject, wrong: "the baseline does not list it", fix };
            return;
        }
        try {
            const content = contentOf(subject);
            if (content === listed) return;
            yield {
                subject,
                wrong: `its content (sha256 ${content}) is not the content that the baseline lists (${listed})`,
                fix,
            };
        } catch (error) {
            if (!(error instanceof UnknownField)) throw error;
            yield {
                subject,
                wrong: `${error.path} is known only during the update, and the baseline lists an object of which everything is known`,
                fix: `write the value itself instead of another resource's output, or ${fix}`,
            };
        }
    },
});
