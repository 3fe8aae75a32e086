import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";

const MUTATING_POLICY = "admissionregistration.k8s.io/MutatingAdmissionPolicy";

/** Kinds by which a cluster changes objects on their way in, beside webhooks. */
const MUTATORS: readonly string[] = [
    MUTATING_POLICY,
    "kyverno.io/ClusterPolicy",
    "kyverno.io/Policy",
    "kyverno.io/ClusterCleanupPolicy",
    "kyverno.io/CleanupPolicy",
    "policies.kyverno.io/MutatingPolicy",
    "policies.kyverno.io/DeletingPolicy",
    "policies.kyverno.io/GeneratingPolicy",
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
        const changes =
            subject.id.endsWith("Policy") && Array.isArray(subject.spec["rules"])
                ? list(subject.spec["rules"]).map((rule) => [at(rule, "mutate"), at(rule, "generate")])
                : [subject.spec];
        if (!OF_THE_MESH.test(JSON.stringify(changes))) return;
        yield {
            subject,
            wrong: "it changes by what pods are injected and captured, or the policies of the mesh",
            fix: "remove that from it, or list it under this policy's exceptions with a reason and an end date.",
        };
    },
});

/** Pods, and Kubernetes' own kinds that make them. */
const WITH_PODS =
    /^(\*|pods(\/.*)?|\*\/\*|replicationcontrollers|deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs)$/;

function changesPods(spec: unknown): boolean {
    const rules = list(at(spec, "matchConstraints", "resourceRules"));
    return rules.some((rule) => texts(at(rule, "resources")).some((resource) => WITH_PODS.test(resource)));
}
