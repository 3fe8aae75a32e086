import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, numberAt, says, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

const NETWORK_POLICY = "networking.k8s.io/NetworkPolicy";

/** Kubernetes' own namespaces, which exist in every cluster. */
const KUBERNETES_OWN: ReadonlySet<string> = new Set(["kube-system", "kube-public", "kube-node-lease"]);

interface Config extends WithExceptions {
    readonly everyPodsPorts: readonly number[];
}

export const networkDenyAll = stackRule<Config>({
    name: "network-deny-all",
    area: "network",
    title: "Every namespace's network denies what no NetworkPolicy allows, in both directions",
    severity: "critical",
    why: "a sidecar can be walked around by whoever controls its pod; the network below it cannot",
    remedy: "Create a NetworkPolicy in the namespace with an empty podSelector, both policyTypes and no rules.",
    judges: [NETWORK_POLICY, "core/Namespace"],
    defaults: { ...NO_EXCEPTIONS, everyPodsPorts: [53, 15012] },
    schema: {
        exceptions: { ...EXCEPTIONS_SCHEMA, description: "namespaces whose network stays open" },
        everyPodsPorts: {
            type: "array",
            items: { type: "integer" },
            description:
                "ports of listed pods that the policy which denies by default may open: DNS and istiod",
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress] }
`,
        accepted: `
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
    *judgeStack(world, config) {
        const namespaces = world
            .all("core/Namespace")
            .filter(({ name, isPatch }) => !isPatch && !KUBERNETES_OWN.has(name));
        yield* each(namespaces, function* (subject) {
            const { name } = subject;
            if (isExcepted(config, { namespace: name, name })) return;
            const open = ["Ingress", "Egress"].filter(
                (direction) =>
                    !world.has(name, [NETWORK_POLICY], (policy) =>
                        deniedBy(policy, config.everyPodsPorts).includes(direction),
                    ),
            );
            if (open.length === 0) return;
            yield {
                subject,
                wrong: `no NetworkPolicy in ${name} denies ${open.join(" and ").toLowerCase()} by default`,
                fix: `create one in ${name} with podSelector {}, policyTypes [Ingress, Egress] and no rules.`,
            };
        });
    },
});

/** The directions that a policy closes for every pod of its namespace, but for listed pods at listed ports. */
function deniedBy({ spec }: Subject, everyPodsPorts: readonly number[]): readonly string[] {
    const selector = spec["podSelector"];
    if (says(at(selector, "matchLabels")) || says(at(selector, "matchExpressions"))) return [];
    const types = texts(spec["policyTypes"]);
    return ["Ingress", "Egress"].filter(
        (direction) =>
            (types.length === 0 ? direction === "Ingress" : types.includes(direction)) &&
            list(spec[direction.toLowerCase()]).every((rule) =>
                isForEveryPod(rule, direction, everyPodsPorts),
            ),
    );
}

/** What every pod needs, such as the cluster's DNS: listed pods at listed ports. The direction stays closed but for them. */
function isForEveryPod(rule: unknown, direction: string, everyPodsPorts: readonly number[]): boolean {
    const peers = list(at(rule, direction === "Ingress" ? "from" : "to"));
    const ports = list(at(rule, "ports"));
    return (
        ports.length > 0 &&
        ports.every(
            (port) => everyPodsPorts.includes(numberAt(port, "port") ?? 0) && !says(at(port, "endPort")),
        ) &&
        peers.length > 0 &&
        peers.every((peer) => says(at(peer, "podSelector", "matchLabels")))
    );
}
