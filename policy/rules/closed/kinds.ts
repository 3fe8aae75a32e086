import {
    type Baseline,
    BASELINE_SCHEMA,
    baselineOf,
    howToList,
    NO_BASELINE,
    type WithBaseline,
} from "../../core/baseline";
import { kindOf } from "../../core/listing";
import { EVERYTHING, type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const closedKinds = objectRule<WithBaseline>({
    name: "closed-kinds",
    area: "closed",
    title: "Every resource has a kind that the baseline lists for its namespace",
    severity: "critical",
    why: "policies evaluate the kinds that they know: an unlisted kind can change the mesh, the network or pods without any policy for it",
    remediation: "Remove the resource, or regenerate the baseline and have its diff reviewed.",
    appliesTo: [EVERYTHING],
    defaults: NO_BASELINE,
    schema: { baseline: BASELINE_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: mutate-pods }
spec: { rules: [] }
`,
        compliant: `
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { ports: [{ name: http, port: 80 }] }
`,
    },
    *evaluate(subject, config) {
        const baseline = baselineOf(config);
        if (baseline === undefined) return;
        const fix = howToList(config.baseline);
        if (subject.isKubernetes) yield* evaluateObject(subject, baseline, fix);
        else yield* evaluateResource(subject, baseline, fix);
    },
});

function* evaluateObject(subject: Subject, { kinds }: Baseline, fix: string): Iterable<Violation> {
    const kind = kindOf(subject);
    if (!Object.values(kinds).some((listed) => listed.includes(kind))) {
        yield { subject, problem: `its kind ${kind} is not in the baseline`, fix };
        return;
    }
    const { namespace } = subject;
    if (kinds[namespace]?.includes(kind) === true) return;
    const place = namespace === "" ? "cluster-scoped objects" : `the namespace ${namespace}`;
    yield { subject, problem: `its kind ${kind} is not listed for ${place}`, fix };
}

const PROVIDER = "pulumi:providers:";

/** The engine creates default providers with these names for resources without a provider. */
const DEFAULT_PROVIDER = /^default(_|$)/;

/**
 * Whether it is the engine's default provider of a listed package for which the program creates no provider: the program cannot
 * configure it.
 */
function isDefaultProvider({ id, name }: Subject, { resources }: Baseline): boolean {
    if (!id.startsWith(PROVIDER) || !DEFAULT_PROVIDER.test(name) || resources[id] !== undefined) return false;
    const prefix = `${id.slice(PROVIDER.length)}:`;
    return Object.keys(resources).some((type) => type.startsWith(prefix));
}

function* evaluateResource(subject: Subject, baseline: Baseline, fix: string): Iterable<Violation> {
    if (isDefaultProvider(subject, baseline)) return;
    const names = baseline.resources[subject.id];
    if (names === undefined) {
        yield { subject, problem: `its type ${subject.id} is not listed in the baseline`, fix };
        return;
    }
    if (names.includes(subject.name)) return;
    yield { subject, problem: `the baseline lists no ${subject.id} with the name ${subject.name}`, fix };
}
