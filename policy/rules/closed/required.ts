import { BASELINE_SCHEMA, baselineOf, howToList, NO_BASELINE, type WithBaseline } from "../../core/baseline";
import { isRelease, keyOf, kindOf } from "../../core/listing";
import { EVERYTHING, stackRule } from "../../core/rule";
import { type World } from "../../core/world";

export const closedRequired = stackRule<WithBaseline>({
    name: "closed-required",
    area: "closed",
    title: "Every object, release and cloud resource that the baseline lists is there",
    severity: "critical",
    why: "what keeps tenants apart at the gateway, removes clients' headers or denies a request is only safe while it exists",
    remedy: "Put the object back, or generate the baseline again and have its diff reviewed.",
    judges: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: istio-system }
`,
        accepted: `
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
    *judgeStack(world, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = (what: string): string =>
            howToList(config.baseline).replace(
                "remove it; if it is intended",
                `put ${what} back; if it is not needed any more`,
            );
        const present = presentIn(world);
        for (const [kind, objects] of Object.entries(baseline.objects)) {
            for (const key of Object.keys(objects)) {
                if (present.has(`${kind} ${key}`)) continue;
                yield {
                    wrong: `${kind} ${key} is listed in the baseline and missing here`,
                    fix: fix("the object"),
                };
            }
        }
        for (const [type, resources] of Object.entries(baseline.settings)) {
            for (const name of Object.keys(resources)) {
                if (present.has(`${type} ${name}`)) continue;
                yield {
                    wrong: `${type} ${name} is listed in the baseline and missing here`,
                    fix: fix("the resource"),
                };
            }
        }
        for (const key of Object.keys(baseline.releases)) {
            if (present.has(`release ${key}`)) continue;
            yield {
                wrong: `the Helm release ${key} is listed in the baseline and missing here`,
                fix: fix("the release"),
            };
        }
    },
});

/** Kinds with keys. What is in a namespace that nobody knows yet is not there as far as a preview shows. */
function presentIn(world: World): ReadonlySet<string> {
    const placed = world.subjects.filter(({ isKubernetes, isPlaced }) => isKubernetes && isPlaced);
    const others = world.subjects.filter(({ isKubernetes }) => !isKubernetes);
    return new Set([
        ...others.map(({ id, name }) => `${id} ${name}`),
        ...placed.flatMap((subject) => [
            `${kindOf(subject)} ${keyOf(subject)}`,
            ...(isRelease(subject) ? [`release ${keyOf(subject)}`] : []),
        ]),
    ]);
}
