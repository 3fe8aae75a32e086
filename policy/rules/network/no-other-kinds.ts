import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Kubernetes' own for whole clusters: an Allow of theirs is asked before any NetworkPolicy. */
const CLUSTER_KINDS = [
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/ClusterNetworkPolicy",
];

/** Of network plugins: what one of them lets through, no NetworkPolicy takes back. */
const PLUGIN_KINDS = [
    "cilium.io/CiliumNetworkPolicy",
    "cilium.io/CiliumClusterwideNetworkPolicy",
    "crd.projectcalico.org/NetworkPolicy",
    "crd.projectcalico.org/GlobalNetworkPolicy",
    "projectcalico.org/NetworkPolicy",
    "projectcalico.org/GlobalNetworkPolicy",
];

export const noOtherKinds = objectRule<WithExceptions>({
    name: "network-no-other-kinds",
    area: "network",
    title: "No policy of another kind opens what NetworkPolicies close",
    severity: "high",
    why: "deny by default is written in NetworkPolicies; a policy of the whole cluster, or of a network plugin, is asked before or beside them",
    remedy: "Write the rule as a NetworkPolicy, which this pack reads; keep cluster-wide policies to Deny and Pass.",
    judges: [...CLUSTER_KINDS, ...PLUGIN_KINDS],
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
        if (isExcepted(config, subject)) return;
        for (const direction of ["ingress", "egress"]) {
            for (const [index, rule] of list(subject.spec[direction]).entries()) {
                if (!opens(subject, rule)) continue;
                yield {
                    subject,
                    wrong: `spec.${direction}[${index}] lets through what no NetworkPolicy can take back`,
                    fix: "write it as a NetworkPolicy of the namespace, or list this object under the policy's exceptions with a reason and an end date.",
                };
            }
        }
        // Cilium's may hold several specs in one object.
        if (says(subject.props["specs"])) {
            yield {
                subject,
                wrong: "specs is not read by this pack, and may let through what no NetworkPolicy can take back",
                fix: "write one `spec` an object.",
            };
        }
    },
});

function opens({ id }: Subject, rule: unknown): boolean {
    const action = textAt(rule, "action");
    if (CLUSTER_KINDS.includes(id)) return action !== "Deny" && action !== "Pass";
    // Calico's rules say what they do; Cilium's are all to let through.
    return at(rule, "action") === undefined || action === "Allow";
}
