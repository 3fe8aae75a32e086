/**
 * NetworkPolicies of pods in kube-system, for a cluster that the stack creates. In the VPC CNI's strict mode a pod
 * without a policy sends and receives nothing (docs/adr/0037-strict-network-policies.md). Policies do not apply to
 * pods on the host network (aws-node, kube-proxy, the Pod Identity agent).
 */
import type { EksConfig } from "../../config/cluster";
import type { MeshConfig } from "../../config/schema";
import { AWS_CLIENTS } from "../base/aws-clients";
import { clusterNetworks } from "../base/cluster-networks";
import type { NetworkPolicyManifest } from "../base/manifest";
import { resolverOf } from "../base/subnets";
import {
    DNS,
    type EgressRule,
    type IngressRule,
    fromNetworks,
    policy,
    tcp,
    toApiServer,
    toNetworks,
    toPodIdentity,
} from "./network-policy-rules";

export const CLUSTER_NAMESPACE = "kube-system";

/** The port of AWS APIs at the VPC endpoints. */
const AWS = 443;
/** The port of the load balancer controller's webhook. */
const LOAD_BALANCER_WEBHOOK = 9443;

export function clusterNetworkPolicies(config: MeshConfig): NetworkPolicyManifest[] {
    const { cluster } = config;
    if (cluster.from !== "eks") return [];
    const { apiServer, endpoints } = clusterNetworks(config);
    const api = [DNS, ...toApiServer(config)];
    const aws = [...api, ...toNetworks(endpoints, AWS), toPodIdentity()];
    return [
        pods(
            "coredns",
            { "k8s-app": "kube-dns" },
            [...fromPodsAndNodes(config)],
            [...toApiServer(config), toResolver(cluster)],
        ),
        pods("ebs-csi-controller", { app: "ebs-csi-controller" }, [], aws),
        // It gets its node's zone and instance from the API server: pods cannot reach the instance metadata.
        pods("ebs-csi-node", { app: "ebs-csi-node" }, [], api),
        pods(
            AWS_CLIENTS["load-balancers"].serviceAccount,
            { "app.kubernetes.io/instance": AWS_CLIENTS["load-balancers"].serviceAccount },
            fromNetworks(apiServer, LOAD_BALANCER_WEBHOOK),
            aws,
        ),
        pods(
            AWS_CLIENTS["cluster-autoscaler"].serviceAccount,
            { "app.kubernetes.io/instance": AWS_CLIENTS["cluster-autoscaler"].serviceAccount },
            [],
            aws,
        ),
    ];
}

/** Every pod, and the nodes, whose processes use DNS too. */
function fromPodsAndNodes(config: MeshConfig): IngressRule[] {
    return [
        { from: [{ namespaceSelector: ANY_NAMESPACE }], ports: DNS_PORTS },
        ...clusterNetworks(config).nodes.map((cidr) => ({ from: [{ ipBlock: { cidr } }], ports: DNS_PORTS })),
    ];
}

/** CoreDNS forwards only to the VPC's resolver, to which Route 53's DNS firewall applies. */
function toResolver(cluster: EksConfig): EgressRule {
    return { to: [{ ipBlock: { cidr: resolverOf(cluster) } }], ports: DNS_PORTS };
}

/** An empty selector, which matches every namespace. */
const ANY_NAMESPACE = {
    matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "Exists" }],
};
const DNS_PORTS = [{ port: 53, protocol: "UDP" as const }, ...tcp(53)];

function pods(
    name: string,
    matchLabels: Record<string, string>,
    ingress: IngressRule[],
    egress: EgressRule[],
): NetworkPolicyManifest {
    return policy(name, CLUSTER_NAMESPACE, {
        podSelector: { matchLabels },
        // Both directions, even without a rule: the policy engine allows a direction that no policy of the pod lists.
        policyTypes: ["Ingress", "Egress"],
        ...(ingress.length > 0 ? { ingress } : {}),
        egress,
    });
}
