/**
 * Connections of pods in kube-system, for a cluster that the stack creates. In the VPC CNI's strict mode a pod
 * without a policy sends and receives nothing (docs/adr/0037-strict-network-policies.md). Policies do not apply to
 * pods on the host network (aws-node, kube-proxy, the Pod Identity agent).
 */
import { AWS_CLIENTS } from "../shared/aws/clients";
import { clusterNetworks } from "../shared/addresses/cluster-networks";
import { type Flow, type Pods, tcp } from "../base/flow";
import type { Platform } from "../base/platform";
import { resolverOf } from "../shared/addresses/subnets";
import {
    CLUSTER_NAMESPACE,
    DNS,
    DNS_PORTS,
    KUBELET_PORT,
    METRICS_SERVER_PORT,
    apiServer,
    toApiServer,
    toAwsApis,
    toDns,
    toPodIdentity,
} from "../shared/flows/parties";

/** The port of the load balancer controller's webhook. */
const LOAD_BALANCER_WEBHOOK = 9443;

/** The policy engine allows a direction that no policy of the pod lists, so each policy lists both. */
function pods(policy: string, labels: Record<string, string>): Pods {
    return { namespace: CLUSTER_NAMESPACE, labels, policy, isolated: true };
}

function releasePods(name: string): Pods {
    return pods(name, { "app.kubernetes.io/instance": name });
}

export function clusterFlows({ config }: Platform): Flow[] {
    const { cluster } = config;
    if (cluster.from !== "eks") return [];
    const dns: Pods = { ...DNS, policy: "coredns", isolated: true };
    const csiController = pods("ebs-csi-controller", { app: "ebs-csi-controller" });
    const csiNode = pods("ebs-csi-node", { app: "ebs-csi-node" });
    const metricsServer = pods("metrics-server", { "app.kubernetes.io/name": "metrics-server" });
    const loadBalancers = releasePods(AWS_CLIENTS["load-balancers"].serviceAccount);
    const autoscaler = releasePods(AWS_CLIENTS["cluster-autoscaler"].serviceAccount);
    return [
        // Every pod, and the nodes, whose processes use DNS too.
        { from: ["every-pod"], to: [dns], ports: DNS_PORTS },
        ...clusterNetworks(config).nodes.map((cidr): Flow => ({
            from: [{ cidrs: [cidr] }],
            to: [dns],
            ports: DNS_PORTS,
        })),
        toApiServer(config, dns),
        // CoreDNS forwards only to the VPC's resolver, to which Route 53's DNS firewall applies.
        { from: [dns], to: [{ cidrs: [resolverOf(cluster)] }], ports: DNS_PORTS },
        // The node's driver gets its node's zone and instance from the API server: pods cannot reach the instance
        // metadata.
        ...[csiController, csiNode, metricsServer, loadBalancers, autoscaler].flatMap((client) => [
            toDns(client),
            toApiServer(config, client),
        ]),
        ...[csiController, loadBalancers, autoscaler].flatMap((client) => [
            toAwsApis(config, client),
            toPodIdentity(client),
        ]),
        { from: [apiServer(config)], to: [loadBalancers], ports: tcp(LOAD_BALANCER_WEBHOOK) },
        { from: [apiServer(config)], to: [metricsServer], ports: tcp(METRICS_SERVER_PORT) },
        ...clusterNetworks(config).nodes.map((cidr): Flow => ({
            from: [metricsServer],
            to: [{ cidrs: [cidr] }],
            ports: tcp(KUBELET_PORT),
        })),
    ];
}
