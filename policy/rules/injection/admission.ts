import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { meshKindIn, meshKindNamed } from "./mesh-kinds";

const MUTATING_POLICY = "admissionregistration.k8s.io/MutatingAdmissionPolicy";

/** Kinds, other than webhooks, with which a cluster changes objects at admission. */
const MUTATORS: readonly string[] = [
    MUTATING_POLICY,
    "kyverno.io/ClusterPolicy",
    "kyverno.io/Policy",
    "kyverno.io/ClusterCleanupPolicy",
    "kyverno.io/CleanupPolicy",
    "policies.kyverno.io/MutatingPolicy",
    "policies.kyverno.io/NamespacedMutatingPolicy",
    "policies.kyverno.io/DeletingPolicy",
    "policies.kyverno.io/NamespacedDeletingPolicy",
    "policies.kyverno.io/GeneratingPolicy",
    "policies.kyverno.io/NamespacedGeneratingPolicy",
    "mutations.gatekeeper.sh/Assign",
    "mutations.gatekeeper.sh/AssignMetadata",
    "mutations.gatekeeper.sh/ModifySet",
    "mutations.gatekeeper.sh/AssignImage",
];

/** Kinds that change objects with CEL expressions, which can compose any label. */
const BY_EXPRESSION: readonly string[] = [
    MUTATING_POLICY,
    "policies.kyverno.io/MutatingPolicy",
    "policies.kyverno.io/NamespacedMutatingPolicy",
];

const CRD = "apiextensions.k8s.io/CustomResourceDefinition";

/** Words for injection, traffic capture, the proxy and authorization, in any policy language. */
const MESH_WORDS =
    /istio\.io|istio-injection|istio-proxy|istio-init|istio-validation|\b1337\b|hostNetwork|AuthorizationPolic(y|ies)|(Peer|Request)Authentication/;

export const admission = objectRule<WithExceptions>({
    name: "injection-admission",
    area: "injection",
    title: "No admission policy changes sidecar injection or mesh objects, and Istio's CRDs are served",
    severity: "high",
    why: "changes at admission are not visible in the stack's objects: labels enable injection, and the pod gets no sidecar",
    remediation:
        "Remove the parts of the policy that change Istio's labels, annotations and containers, or list it with a reason.",
    appliesTo: [...MUTATORS, CRD],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: opt-out }
spec:
  rules:
    - name: label
      match: { any: [{ resources: { kinds: [Pod] } }] }
      mutate: { patchStrategicMerge: { metadata: { labels: { sidecar.istio.io/inject: "false" } } } }
`,
        compliant: `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: team }
spec:
  rules:
    - name: label
      match: { any: [{ resources: { kinds: [Pod] } }] }
      mutate: { patchStrategicMerge: { metadata: { labels: { team: shop } } } }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject)) return;
        if (subject.id === CRD) {
            const group = textAt(subject.spec, "group") ?? "";
            const versions = list(subject.spec["versions"]);
            const isServed = versions.some((version) => textAt(version, "served") !== "false");
            if (!group.endsWith("istio.io") || isServed || (subject.isPatch && versions.length === 0)) return;
            yield {
                subject,
                problem: "none of its versions is served, so its objects have no effect",
                fix: "let Istio's base chart manage its CRDs.",
            };
            return;
        }
        if (BY_EXPRESSION.includes(subject.id) && changesPods(subject.spec)) {
            yield {
                subject,
                problem: "it changes pods or workloads with an expression that no policy can evaluate",
                fix: "remove it, or review the expression and add the policy to the exceptions with a reason and an end date.",
            };
            return;
        }
        for (const problem of new Set(effectsOf(subject)))
            yield {
                subject,
                problem,
                fix: "remove this part, or add the policy to the exceptions with a reason and an end date.",
            };
    },
});

/** Kinds that delete matching objects; their other fields specify when. */
const DELETES = /^(kyverno\.io\/(Cluster)?CleanupPolicy|policies\.kyverno\.io\/(Namespaced)?DeletingPolicy)$/;

const GENERATES = /^policies\.kyverno\.io\/(Namespaced)?GeneratingPolicy$/;

/** Effects of an admission policy on the mesh, for a message. */
function* effectsOf({ id, spec }: Subject): Iterable<string> {
    if (DELETES.test(id)) {
        const kind = meshKindIn(deletedBy(spec));
        if (kind !== undefined) yield `it deletes objects of the kind ${kind}, which the mesh depends on`;
    } else if (GENERATES.test(id)) {
        // In CEL expressions the kinds are part of the text.
        const kind = meshKindNamed(JSON.stringify([spec["variables"], spec["generate"]]));
        if (kind !== undefined) yield `it generates objects of the kind ${kind}, which are not in any stack`;
    } else if (id.startsWith("kyverno.io/") && Array.isArray(spec["rules"])) {
        for (const rule of list(spec["rules"])) yield* effectsOfRule(rule);
    } else if (MESH_WORDS.test(JSON.stringify(spec))) yield CHANGES;
}

const CHANGES = "it changes sidecar injection, traffic capture or security policies of the mesh";

function* effectsOfRule(rule: unknown): Iterable<string> {
    const generate = at(rule, "generate");
    const generated = [generate, ...list(at(generate, "foreach"))].flatMap((one) => [
        textAt(one, "kind") ?? "",
        ...texts(at(one, "cloneList", "kinds")),
    ]);
    const kind = meshKindIn(generated);
    if (kind !== undefined) yield `it generates objects of the kind ${kind}, which are not in any stack`;
    else if (MESH_WORDS.test(JSON.stringify([generate])))
        yield "it generates objects that change sidecar injection, traffic capture or authorization";
    const mutate = at(rule, "mutate");
    const targets = list(at(mutate, "targets")).map((target) => textAt(target, "kind") ?? "");
    const target = meshKindIn(targets);
    if (target !== undefined)
        yield `it changes existing objects of the kind ${target}, which no policy can check`;
    if (MESH_WORDS.test(JSON.stringify([mutate]))) yield CHANGES;
}

/**
 * Kinds in Kyverno's `match`, as `Pod`, `group/version/Kind` or with wildcards, and resources in
 * `matchConstraints`.
 */
function deletedBy(spec: unknown): readonly string[] {
    const match = at(spec, "match");
    const filters = [match, ...list(at(match, "any")), ...list(at(match, "all"))];
    const rules = list(at(spec, "matchConstraints", "resourceRules"));
    return [
        ...filters.flatMap((filter) => texts(at(filter, "resources", "kinds"))),
        ...rules.flatMap((rule) =>
            texts(at(rule, "apiGroups")).flatMap((group) =>
                texts(at(rule, "resources")).map((resource) => `${group}/*/${resource}`),
            ),
        ),
    ];
}

/** Pods, and Kubernetes' workload kinds. */
const POD_RESOURCES =
    /^(\*|pods(\/.*)?|\*\/\*|replicationcontrollers|deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs)$/;

function changesPods(spec: unknown): boolean {
    const rules = list(at(spec, "matchConstraints", "resourceRules"));
    return rules.some((rule) =>
        texts(at(rule, "resources")).some((resource) => POD_RESOURCES.test(resource)),
    );
}
