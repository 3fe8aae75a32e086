import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { isRelease, keyOf, kindOf } from "../../core/listing";
import { EVERYTHING, stackRule } from "../../core/rule";
import { type StackResources } from "../../core/stack-resources";

export const closedRequired = stackRule<WithBaseline>({
    name: "closed-required",
    area: "closed",
    title: "Every object, release and cloud resource in the baseline exists",
    severity: "critical",
    why: "tenant isolation at the gateway, header sanitizing and deny policies only work while their objects exist",
    remediation: "Restore the object, or regenerate the baseline and have its diff reviewed.",
    appliesTo: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: istio-system }
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
---
type: kubernetes:helm.sh/v3:Release
name: istiod
properties: { name: istiod, namespace: istio-system, chart: istiod }
---
type: aws:route53/record:Record
name: api
properties: {}
---
type: aws:eks/podIdentityAssociation:PodIdentityAssociation
name: dns
properties: {}
`,
    },
    *evaluateStack(stack, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = (what: string): string =>
            howToList(config.baseline).replace(
                "remove it. If it is intended",
                `restore ${what}. If the stack no longer needs it`,
            );
        const present = presentIn(stack);
        for (const [kind, objects] of Object.entries(baseline.objects)) {
            for (const key of Object.keys(objects)) {
                if (present.has(`${kind} ${key}`)) continue;
                yield {
                    problem: `${kind} ${key} is in the baseline but missing in the stack`,
                    fix: fix("the object"),
                };
            }
        }
        for (const [type, resources] of Object.entries(baseline.settings)) {
            for (const name of Object.keys(resources)) {
                if (present.has(`${type} ${name}`)) continue;
                yield {
                    problem: `${type} ${name} is in the baseline but missing in the stack`,
                    fix: fix("the resource"),
                };
            }
        }
        for (const key of Object.keys(baseline.releases)) {
            if (present.has(`release ${key}`)) continue;
            yield {
                problem: `the Helm release ${key} is in the baseline but missing in the stack`,
                fix: fix("the release"),
            };
        }
    },
});

/** Kinds with keys. An object whose namespace is unknown in a preview counts as missing. */
function presentIn(stack: StackResources): ReadonlySet<string> {
    const placed = stack.subjects.filter(
        ({ isKubernetes, hasKnownNamespace }) => isKubernetes && hasKnownNamespace,
    );
    const others = stack.subjects.filter(({ isKubernetes }) => !isKubernetes);
    return new Set([
        ...others.map(({ id, name }) => `${id} ${name}`),
        ...placed.flatMap((subject) => [
            `${kindOf(subject)} ${keyOf(subject)}`,
            ...(isRelease(subject) ? [`release ${keyOf(subject)}`] : []),
        ]),
    ]);
}
