/**
 * NetworkPolicies of what runs in kube-system of a cluster that the stack makes. In the VPC CNI's strict mode a pod without one
 * sends and receives nothing (docs/adr/0037-strict-network-policies.md). Pods of the node's own network (aws-node, kube-proxy, the pod
 * identity agent) are none that an agent could see.
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
} from "./network-rules";

export const CLUSTER_NAMESPACE = "kube-system";

/** Where AWS' services answer at the VPC's endpoints. */
const AWS = 443;
/** Where the load balancer controller serves the API server's webhook calls. */
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
            [...fromEverywhereInside(config)],
            [...toApiServer(config), toResolver(cluster)],
        ),
        pods("ebs-csi-controller", { app: "ebs-csi-controller" }, [], aws),
        // It learns its node's zone and instance from the API server: pods do not reach the instance's metadata.
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

/** Every pod, and the nodes, whose own programs ask too. */
function fromEverywhereInside(config: MeshConfig): IngressRule[] {
    return [
        { from: [{ namespaceSelector: ANY_NAMESPACE }], ports: DNS_PORTS },
        ...clusterNetworks(config).nodes.map((cidr) => ({ from: [{ ipBlock: { cidr } }], ports: DNS_PORTS })),
    ];
}

/** CoreDNS asks the VPC's resolver, behind which Route 53's DNS firewall is, and nobody else. */
function toResolver(cluster: EksConfig): EgressRule {
    return { to: [{ ipBlock: { cidr: resolverOf(cluster) } }], ports: DNS_PORTS };
}

/** As an empty selector, which is easily taken for none. */
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
        // Both, also where one has no rule: an agent opens the direction that no policy of a pod names.
        policyTypes: ["Ingress", "Egress"],
        ...(ingress.length > 0 ? { ingress } : {}),
        egress,
    });
}
