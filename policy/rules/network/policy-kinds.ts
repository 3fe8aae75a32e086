import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { list, isNonEmpty, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { ALLOW_ONLY_KINDS, DIRECTIONS, TRAFFIC_GROUPS, PASSIVE_KINDS, WITH_ACTIONS } from "./cni-kinds";

export const policyKinds = objectRule<WithExceptions>({
    name: "network-policy-kinds",
    area: "network",
    title: "No other policy kind allows traffic that NetworkPolicies deny",
    severity: "high",
    why: "default deny is enforced by NetworkPolicies; cluster-wide policies and policies of CNI plugins are evaluated before or in addition to them",
    remediation:
        "Use a NetworkPolicy, which this pack evaluates. Limit cluster-wide policies to Deny and Pass.",
    appliesTo: [
        ...Object.keys(WITH_ACTIONS),
        ...ALLOW_ONLY_KINDS,
        ...TRAFFIC_GROUPS.map((group) => `${group}/*`),
    ],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: monitoring }
spec: { priority: 10, subject: { namespaces: {} }, ingress: [{ action: Allow, from: [{ namespaces: {} }] }] }
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: carts, namespace: shop }
spec: { endpointSelector: {}, ingress: [{ fromEntities: [cluster] }] }
`,
        compliant: `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: no-metadata }
spec: { priority: 10, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ networks: [169.254.169.254/32] }] }] }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, subject) || PASSIVE_KINDS.has(subject.id)) return;
        const denies = WITH_ACTIONS[subject.id];
        if (denies === undefined && !ALLOW_ONLY_KINDS.includes(subject.id)) {
            yield {
                subject,
                problem:
                    "it routes traffic past NetworkPolicies and sidecars, or attaches pods to another network, and this pack cannot evaluate it",
                fix: "remove it, or add it to this policy's exceptions with a reason and an end date.",
            };
            return;
        }
        for (const direction of DIRECTIONS) {
            for (const [index, rule] of list(subject.spec[direction]).entries()) {
                const action = textAt(rule, "action");
                if (action !== undefined && denies?.includes(action) === true) continue;
                yield {
                    subject,
                    problem: `spec.${direction}[${index}] allows traffic that no NetworkPolicy can deny`,
                    fix: "use a NetworkPolicy in the namespace, or add this object to the policy's exceptions with a reason and an end date.",
                };
            }
        }
        yield* evaluateCilium(subject);
    },
});

function* evaluateCilium(subject: Subject): Iterable<Violation> {
    // Cilium policies can contain several specs.
    if (isNonEmpty(subject.props["specs"])) {
        yield {
            subject,
            problem:
                "specs is not evaluated by this pack, and can allow traffic that no NetworkPolicy can deny",
            fix: "use one `spec` per object.",
        };
    }
}
