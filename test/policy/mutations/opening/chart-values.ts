/** Chart values that widen access to the chart's objects. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, meta, type Mutation, type Props } from "../model";
import { set } from "./edit";

export function ofValues(resource: EvaluatedResource): Mutation[] {
    const { name, namespace } = meta(resource);
    const value = (kind: string, path: readonly string[], what: unknown): Mutation =>
        changed(`release: ${kind}`, resource, (p) => {
            let node = p["values"] as Props;
            for (const key of path.slice(0, -1)) node = (node[key] ??= {}) as Props;
            node[path.at(-1) ?? ""] = what;
        });
    const kinds: Mutation[] = [];
    if (namespace !== "kube-system" && namespace !== "istio-system" && namespace !== "cert-manager") {
        kinds.push(
            value("pods without a sidecar", ["podLabels", "sidecar.istio.io/inject"], "false"),
            value("pods on the node's network", ["worker", "hostNetwork"], true),
            value(
                "rights on everything",
                ["rbac", "rules"],
                [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
            ),
            changed("release: changed after rendering", resource, set("postrender", "./edit.sh")),
            changed("release: values from a file", resource, set("valueYamlFiles", ["open.yaml"])),
            value("an Ingress", ["ingress"], { enabled: true, hosts: ["x.example.com"] }),
        );
        if (!name.includes("gateway") || name.includes("egress"))
            kinds.push(value("an additional load balancer", ["service", "type"], "LoadBalancer"));
    }
    if (name.includes("gateway")) {
        kinds.push(
            value("gateway: a router of every Service", ["env", "ISTIO_META_ROUTER_MODE"], "sni-dnat"),
            value("gateway: another network's", ["networkGateway"], "net1"),
            value("gateway: another container", ["additionalContainers"], [{ name: "x", image: "x:1" }]),
            changed("release: gateway: Envoy's administration", resource, (p) => {
                const service = ((p["values"] as Props)["service"] ??= {}) as Props;
                service["ports"] = [
                    ...((service["ports"] as object[] | undefined) ?? []),
                    { name: "admin", port: 8443, targetPort: 15000 },
                ];
            }),
        );
    }
    const scheme = "service.beta.kubernetes.io/aws-load-balancer-scheme";
    if (name === "istio-internalgateway")
        kinds.push(
            value(
                "internal gateway: exposed to the Internet",
                ["service", "annotations", scheme],
                "internet-facing",
            ),
        );
    if (name === "istio-admingateway")
        kinds.push(
            value(
                "admin gateway: open to every network",
                ["service", "loadBalancerSourceRanges"],
                ["0.0.0.0/0"],
            ),
        );
    return kinds;
}
