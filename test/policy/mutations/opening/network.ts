/** Weakened NetworkPolicies. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation, type Props, removed } from "../model";
import { drop, everywhere, put } from "./edit";

export function ofNetwork(resource: EvaluatedResource): Mutation[] {
    if (kindOf(resource) !== "NetworkPolicy") return [];
    const { name, namespace } = meta(resource);
    if (name === "deny-all") {
        return [
            removed("a namespace's NetworkPolicy deny-all removed", resource, [namespace]),
            ...["Ingress", "Egress"].flatMap((kept) =>
                everywhere(
                    `network deny-all for ${kept} alone`,
                    resource,
                    "spec",
                    put("policyTypes", [kept]),
                    [namespace],
                ),
            ),
            ...everywhere(
                "network deny-all narrowed",
                resource,
                "spec",
                put("podSelector", { matchLabels: { app: "x" } }),
                [namespace],
            ),
            ...everywhere("network deny-all allows all ingress", resource, "spec", put("ingress", [{}]), [
                namespace,
            ]),
        ];
    }
    // The pack's configuration lists what is open to all pods by design, so these rules need no selector.
    const listed = name === "prometheus" || name === "istiod" || name === "istio-cni" || name === "coredns";
    const rule = ["ingress", "egress"];
    return rule.flatMap((direction) => {
        const peers = direction === "ingress" ? "from" : "to";
        const opened = (node: Props): boolean => !listed && peers in node;
        return [
            ...everywhere(
                `NetworkPolicy: ${direction} peers dropped`,
                resource,
                `spec.${direction}.*`,
                (node) => opened(node) && drop(peers)(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} ports dropped`,
                resource,
                `spec.${direction}.*`,
                drop("ports"),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} from pods to namespaces`,
                resource,
                `spec.${direction}.*.${peers}.*`,
                (node) => !listed && drop("podSelector")(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} of every namespace`,
                resource,
                `spec.${direction}.*.${peers}.*`,
                (node) => {
                    if (listed || !("namespaceSelector" in node)) return false;
                    Reflect.deleteProperty(node, "podSelector");
                    node["namespaceSelector"] = {};
                    return true;
                },
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} of all pods except one`,
                resource,
                `spec.${direction}.*.${peers}.*`,
                (node) => {
                    if (listed || !("podSelector" in node)) return false;
                    node["podSelector"] = {
                        matchExpressions: [{ key: "app", operator: "NotIn", values: ["x"] }],
                    };
                    return true;
                },
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} of pods by the existence of a label`,
                resource,
                `spec.${direction}.*.${peers}.*`,
                (node) => {
                    if (listed || !("podSelector" in node)) return false;
                    node["podSelector"] = { matchExpressions: [{ key: "app", operator: "Exists" }] };
                    return true;
                },
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} of those labels in every namespace`,
                resource,
                `spec.${direction}.*.${peers}.*`,
                (node) => "podSelector" in node && !listed && put("namespaceSelector", {})(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} of any network`,
                resource,
                `spec.${direction}.*`,
                (node) => opened(node) && put(peers, [{ ipBlock: { cidr: "10.0.0.0/8" } }])(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} of the private network in several ranges`,
                resource,
                `spec.${direction}.*`,
                (node) =>
                    opened(node) &&
                    !name.endsWith("gateway") &&
                    put(peers, [
                        { ipBlock: { cidr: "10.0.0.0/17" } },
                        { ipBlock: { cidr: "10.0.128.0/17" } },
                    ])(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} for every pod of its namespace`,
                resource,
                "spec",
                (node) =>
                    direction in node &&
                    allowsRestrictedPorts(node[direction]) &&
                    put("podSelector", {})(node),
            ),
            ...everywhere(
                "NetworkPolicy: one address in the Internet, past the egress gateway",
                resource,
                `spec.${direction}.*`,
                (node) =>
                    direction === "egress" &&
                    !name.endsWith("gateway") &&
                    // The ACME server has no fixed addresses: the whole Internet is listed for its port.
                    name !== "acme" &&
                    opened(node) &&
                    put(peers, [{ ipBlock: { cidr: "203.0.113.9/32" } }])(node),
            ),
            ...everywhere(
                "NetworkPolicy: egress to the instance metadata service",
                resource,
                `spec.${direction}.*`,
                (node) =>
                    direction === "egress" &&
                    opened(node) &&
                    put(peers, [{ ipBlock: { cidr: "169.254.169.254/32" } }])(node),
            ),
            ...everywhere(
                `NetworkPolicy: ${direction} a range of ports`,
                resource,
                `spec.${direction}.*.ports.*`,
                (port) => {
                    port["endPort"] = 65535;
                    return true;
                },
            ),
            ...everywhere(`NetworkPolicy: ${direction} an added rule for all`, resource, "spec", (spec) => {
                spec[direction] = [...((spec[direction] as unknown[] | undefined) ?? []), {}];
                return true;
            }),
            ...everywhere(
                `NetworkPolicy: ${direction} private networks no longer excluded`,
                resource,
                `spec.${direction}.*.${peers}.*.ipBlock`,
                drop("except"),
            ),
        ];
    });
}

/** Whether a rule allows ports that not every pod needs: other than DNS, istiod and metrics. */
function allowsRestrictedPorts(rules: unknown): boolean {
    const ports = (rules as { ports?: { port: unknown }[] }[]).flatMap((rule) => rule.ports ?? []);
    return ports.some(({ port }) => ![53, 443, 6443, 8081, 15012, 15020].includes(Number(port)));
}
