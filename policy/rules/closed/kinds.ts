import {
    type Baseline,
    BASELINE_SCHEMA,
    baselineOf,
    howToList,
    NO_BASELINE,
    type WithBaseline,
} from "../../core/baseline";
import { kindOf } from "../../core/listing";
import { EVERYTHING, type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const closedKinds = objectRule<WithBaseline>({
    name: "closed-kinds",
    area: "closed",
    title: "Every resource is of a kind that the baseline lists for its namespace",
    severity: "critical",
    why: "a policy judges the kinds that it knows: a kind that nobody listed can change the mesh, the network or pods, and no policy reads it",
    remedy: "Remove the resource, or generate the baseline again and have its diff reviewed.",
    judges: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        refused: `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: mutate-pods }
spec: { rules: [] }
`,
        accepted: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { ports: [{ name: http, port: 80 }] }
`,
    },
    *judge(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = howToList(config.baseline);
        if (subject.isKubernetes) yield* judgeObject(subject, baseline, fix);
        else yield* judgeResource(subject, baseline, fix);
    },
});

function* judgeObject(subject: Subject, { kinds }: Baseline, fix: string): Iterable<Finding> {
    const kind = kindOf(subject);
    if (!Object.values(kinds).some((listed) => listed.includes(kind))) {
        yield { subject, wrong: `its kind ${kind} is in no namespace of the baseline`, fix };
        return;
    }
    const { namespace } = subject;
    if (kinds[namespace]?.includes(kind) === true) return;
    const place = namespace === "" ? "cluster-scoped objects" : `the namespace ${namespace}`;
    yield { subject, wrong: `its kind ${kind} is not listed for ${place}`, fix };
}

/** The engine makes providers of these names itself, for resources that name none. */
const DEFAULT_PROVIDER = /^default(_|$)/;

function* judgeResource(subject: Subject, { resources }: Baseline, fix: string): Iterable<Finding> {
    const names = resources[subject.id];
    if (names === undefined) {
        yield { subject, wrong: `its type ${subject.id} is not listed in the baseline`, fix };
        return;
    }
    if (names.includes(subject.name)) return;
    if (subject.id.startsWith("pulumi:providers:") && DEFAULT_PROVIDER.test(subject.name)) return;
    yield { subject, wrong: `the baseline lists no ${subject.id} of the name ${subject.name}`, fix };
}
