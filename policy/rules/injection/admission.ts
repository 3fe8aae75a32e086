import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { meshKindIn, meshKindNamed } from "./mesh-kinds";

const MUTATING_POLICY = "admissionregistration.k8s.io/MutatingAdmissionPolicy";

/** Kinds by which a cluster changes objects on their way in, beside webhooks. */
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

const CRD = "apiextensions.k8s.io/CustomResourceDefinition";

/** Words of injection, capture, the proxy and who may call, however a language of policies quotes them. */
const OF_THE_MESH =
    /istio\.io|istio-injection|istio-proxy|istio-init|istio-validation|\b1337\b|hostNetwork|AuthorizationPolic(y|ies)|(Peer|Request)Authentication/;

export const admission = objectRule<WithExceptions>({
    name: "injection-admission",
    area: "injection",
    title: "Nothing changes a pod's part of the mesh on its way into the cluster, and Istio's kinds are served",
    severity: "high",
    why: "what an admission policy changes stands in no object of the stack: labels say that a pod is injected, and it is not",
    remedy: "Remove what touches Istio's labels, annotations and containers from the policy, or list it with a reason.",
    judges: [...MUTATORS, CRD],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: opt-out }
spec:
  rules:
    - name: label
      match: { any: [{ resources: { kinds: [Pod] } }] }
      mutate: { patchStrategicMerge: { metadata: { labels: { sidecar.istio.io/inject: "false" } } } }
`,
        accepted: `
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
    *judge(subject, config) {
        if (isExcepted(config, subject)) return;
        if (subject.id === CRD) {
            const group = textAt(subject.spec, "group") ?? "";
            const versions = list(subject.spec["versions"]);
            const isServed = versions.some((version) => textAt(version, "served") !== "false");
            if (!group.endsWith("istio.io") || isServed || (subject.isPatch && versions.length === 0)) return;
            yield {
                subject,
                wrong: "no version of it is served, so its objects have no effect",
                fix: "leave Istio's CRDs to its base chart.",
            };
            return;
        }
        if (subject.id === MUTATING_POLICY && changesPods(subject.spec)) {
            yield {
                subject,
                wrong: "it changes pods or what makes them by an expression, and no policy can tell what of them",
                fix: "remove it, or list it under this policy's exceptions with a reason and an end date once somebody has read the expression.",
            };
            return;
        }
        for (const wrong of new Set(effectsOf(subject)))
            yield {
                subject,
                wrong,
                fix: "remove that from it, or list it under this policy's exceptions with a reason and an end date.",
            };
    },
});

/** Deletes what it matches; its other fields say when. */
const DELETES = /^(kyverno\.io\/(Cluster)?CleanupPolicy|policies\.kyverno\.io\/(Namespaced)?DeletingPolicy)$/;

const GENERATES = /^policies\.kyverno\.io\/(Namespaced)?GeneratingPolicy$/;

/** What a policy of admission does to the mesh, in words for a message. */
function* effectsOf({ id, spec }: Subject): Iterable<string> {
    if (DELETES.test(id)) {
        const kind = meshKindIn(deletedBy(spec));
        if (kind !== undefined) yield `it deletes objects of the kind ${kind}, which the mesh depends on`;
    } else if (GENERATES.test(id)) {
        // CEL: the kinds stand in its text.
        const kind = meshKindNamed(JSON.stringify([spec["variables"], spec["generate"]]));
        if (kind !== undefined) yield `it generates objects of the kind ${kind}, which no stack lists`;
    } else if (id.startsWith("kyverno.io/") && Array.isArray(spec["rules"])) {
        for (const rule of list(spec["rules"])) yield* effectsOfRule(rule);
    } else if (OF_THE_MESH.test(JSON.stringify(spec))) yield CHANGES;
}

const CHANGES = "it changes by what pods are injected and captured, or the policies of the mesh";

function* effectsOfRule(rule: unknown): Iterable<string> {
    const generate = at(rule, "generate");
    const generated = [generate, ...list(at(generate, "foreach"))].flatMap((one) => [
        textAt(one, "kind") ?? "",
        ...texts(at(one, "cloneList", "kinds")),
    ]);
    const kind = meshKindIn(generated);
    if (kind !== undefined) yield `it generates objects of the kind ${kind}, which no stack lists`;
    else if (OF_THE_MESH.test(JSON.stringify([generate])))
        yield "it generates objects that change by what pods are injected and captured, or who may call";
    const mutate = at(rule, "mutate");
    const targets = list(at(mutate, "targets")).map((target) => textAt(target, "kind") ?? "");
    const target = meshKindIn(targets);
    if (target !== undefined) yield `it changes existing objects of the kind ${target}, which no policy sees`;
    if (OF_THE_MESH.test(JSON.stringify([mutate]))) yield CHANGES;
}

/** Kinds of Kyverno's `match`, as `Pod`, `group/version/Kind` or with wildcards, and resources of `matchConstraints`. */
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

/** Pods, and Kubernetes' own kinds that make them. */
const WITH_PODS =
    /^(\*|pods(\/.*)?|\*\/\*|replicationcontrollers|deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs)$/;

function changesPods(spec: unknown): boolean {
    const rules = list(at(spec, "matchConstraints", "resourceRules"));
    return rules.some((rule) => texts(at(rule, "resources")).some((resource) => WITH_PODS.test(resource)));
}
