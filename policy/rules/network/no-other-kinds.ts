import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { list, says, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { ALL_ALLOW, DIRECTIONS, MOVING_GROUPS, STILL_KINDS, WITH_ACTIONS } from "./other-kinds";

export const noOtherKinds = objectRule<WithExceptions>({
    name: "network-no-other-kinds",
    area: "network",
    title: "No policy of another kind opens what NetworkPolicies close",
    severity: "high",
    why: "deny by default is written in NetworkPolicies; a policy of the whole cluster, or of a network plugin, is asked before or beside them",
    remedy: "Write the rule as a NetworkPolicy, which this pack reads; keep cluster-wide policies to Deny and Pass.",
    judges: [...Object.keys(WITH_ACTIONS), ...ALL_ALLOW, ...MOVING_GROUPS.map((group) => `${group}/*`)],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
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
        accepted: `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: no-metadata }
spec: { priority: 10, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ networks: [169.254.169.254/32] }] }] }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, subject) || STILL_KINDS.has(subject.id)) return;
        const denies = WITH_ACTIONS[subject.id];
        if (denies === undefined && !ALL_ALLOW.includes(subject.id)) {
            yield {
                subject,
                wrong: "it moves traffic past NetworkPolicies and sidecars, or attaches pods to another network, and this pack does not read it",
                fix: "remove it, or list it under this policy's exceptions with a reason and an end date.",
            };
            return;
        }
        for (const direction of DIRECTIONS) {
            for (const [index, rule] of list(subject.spec[direction]).entries()) {
                const action = textAt(rule, "action");
                if (action !== undefined && denies?.includes(action) === true) continue;
                yield {
                    subject,
                    wrong: `spec.${direction}[${index}] lets through what no NetworkPolicy can take back`,
                    fix: "write it as a NetworkPolicy of the namespace, or list this object under the policy's exceptions with a reason and an end date.",
                };
            }
        }
        yield* judgeCilium(subject);
    },
});

function* judgeCilium(subject: Subject): Iterable<Finding> {
    // Cilium's may hold several specs in one object.
    if (says(subject.props["specs"])) {
        yield {
            subject,
            wrong: "specs is not read by this pack, and may let through what no NetworkPolicy can take back",
            fix: "write one `spec` an object.",
        };
    }
}
