import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, numberAt, isNonEmpty, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

const NETWORK_POLICY = "networking.k8s.io/NetworkPolicy";

/** Namespaces that Kubernetes creates in every cluster. */
const KUBERNETES_NAMESPACES: ReadonlySet<string> = new Set(["kube-system", "kube-public", "kube-node-lease"]);

interface Config extends WithExceptions {
    readonly allowedPorts: readonly number[];
}

export const networkDenyAll = stackRule<Config>({
    name: "network-deny-all",
    area: "network",
    title: "Every namespace denies ingress and egress by default with a NetworkPolicy",
    severity: "critical",
    why: "a compromised pod can bypass its sidecar, but not the network policies of its node",
    remediation:
        "Create a NetworkPolicy in the namespace with an empty podSelector, both policyTypes and no rules.",
    appliesTo: [NETWORK_POLICY, "core/Namespace"],
    defaults: { ...NO_EXCEPTIONS, allowedPorts: [53, 15012] },
    schema: {
        exceptions: { ...EXCEPTIONS_SCHEMA, description: "namespaces without default deny" },
        allowedPorts: {
            type: "array",
            items: { type: "integer" },
            description: "ports of selected pods that a default-deny policy may allow: DNS and istiod",
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress] }
`,
        compliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
`,
    },
    *evaluateStack(stack, config) {
        const namespaces = stack
            .all("core/Namespace")
            .filter(({ name, isPatch }) => !isPatch && !KUBERNETES_NAMESPACES.has(name));
        yield* each(namespaces, function* (subject) {
            const { name } = subject;
            if (isExcepted(config, { namespace: name, name })) return;
            const open = ["Ingress", "Egress"].filter(
                (direction) =>
                    !stack.has(name, [NETWORK_POLICY], (policy) =>
                        deniedBy(policy, config.allowedPorts).includes(direction),
                    ),
            );
            if (open.length === 0) return;
            yield {
                subject,
                problem: `no NetworkPolicy in ${name} denies ${open.join(" and ").toLowerCase()} by default`,
                fix: `create one in ${name} with podSelector {}, policyTypes [Ingress, Egress] and no rules.`,
            };
        });
    },
});

/**
 * The directions that a policy denies for every pod of its namespace, except for selected pods on the allowed
 * ports.
 */
function deniedBy({ spec }: Subject, allowedPorts: readonly number[]): readonly string[] {
    const selector = spec["podSelector"];
    if (isNonEmpty(at(selector, "matchLabels")) || isNonEmpty(at(selector, "matchExpressions"))) return [];
    const types = texts(spec["policyTypes"]);
    return ["Ingress", "Egress"].filter(
        (direction) =>
            (types.length === 0 ? direction === "Ingress" : types.includes(direction)) &&
            list(spec[direction.toLowerCase()]).every((rule) => isForEveryPod(rule, direction, allowedPorts)),
    );
}

/** Whether a rule only allows what every pod needs, such as the cluster's DNS: selected pods on the allowed ports. */
function isForEveryPod(rule: unknown, direction: string, allowedPorts: readonly number[]): boolean {
    const peers = list(at(rule, direction === "Ingress" ? "from" : "to"));
    const ports = list(at(rule, "ports"));
    return (
        ports.length > 0 &&
        ports.every(
            (port) => allowedPorts.includes(numberAt(port, "port") ?? 0) && !isNonEmpty(at(port, "endPort")),
        ) &&
        peers.length > 0 &&
        peers.every((peer) => isNonEmpty(at(peer, "podSelector", "matchLabels")))
    );
}
