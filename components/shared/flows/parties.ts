/** Ends of flows that several concerns have. */
import type { MeshConfig } from "../../../config/schema";
import { POD_IDENTITY } from "../aws/clients";
import { clusterNetworks } from "../addresses/cluster-networks";
import { type Addresses, type Flow, type Pods, tcp } from "../../base/flow";
import { MESHED_NAMESPACES, NAMESPACES, PROMETHEUS_LABELS } from "../../base/names";

type NetworkConfig = Pick<MeshConfig, "cluster" | "edge" | "network">;

export const CLUSTER_NAMESPACE = "kube-system";

export const DNS: Pods = { namespace: CLUSTER_NAMESPACE, labels: { "k8s-app": "kube-dns" } };
export const DNS_PORTS = [{ port: 53, protocol: "UDP" }, ...tcp(53)];

/**
 * The port of metrics-server, which the API server calls for metrics.k8s.io: that of EKS' add-on, since kubelet has 10250 on
 * Fargate (EKS user guide, "View resource usage with the Kubernetes Metrics Server").
 */
export const METRICS_SERVER_PORT = 10_251;
/** The port of each node's kubelet. */
export const KUBELET_PORT = 10_250;

/** The port of AWS APIs at the VPC endpoints. */
export const AWS_API_PORT = 443;

/** The ports of the API server's Service, and of its endpoints on clusters other than EKS. */
const API_SERVER_PORTS = [443, 6443] as const;

/** All pods in the mesh. What each of them needs is allowed by one policy for each namespace. */
export const MESHED_PODS: readonly Pods[] = MESHED_NAMESPACES.map((namespace) => ({
    namespace,
    policy: "mesh-basics",
}));

export const ISTIOD: Pods = {
    namespace: NAMESPACES.system,
    labels: { app: "istiod" },
    policy: "istiod",
    isolated: true,
};
/** The ports of istiod: xDS and certificates, its webhooks, and its metrics. */
export const ISTIOD_PORTS = { xds: 15012, webhooks: 15017, metrics: 15014 } as const;

/** The nodes' agent of istio-cni. Its metrics have the same port as istiod's. */
export function cniAgent({ istio }: Pick<MeshConfig, "istio">): Pods {
    const pods: Pods = { namespace: NAMESPACES.system, labels: { "k8s-app": "istio-cni-node" } };
    return istio.cni ? { ...pods, policy: "istio-cni", isolated: true } : pods;
}

export const CERT_MANAGER: Pods = {
    namespace: NAMESPACES.certificates,
    labels: { "app.kubernetes.io/component": "controller" },
};

export const PROMETHEUS: Pods = { namespace: NAMESPACES.monitoring, labels: PROMETHEUS_LABELS };

export function toDns(...from: Pods[]): Flow {
    return { from, to: [DNS], ports: DNS_PORTS };
}

/** The API server has no pods to select, so the rule lists its addresses. */
export function toApiServer(config: NetworkConfig, ...from: Pods[]): Flow {
    return { from, to: [apiServer(config)], ports: tcp(...API_SERVER_PORTS) };
}

/** The addresses from which it calls webhooks are the same. */
export function apiServer(config: NetworkConfig): Addresses {
    return { cidrs: clusterNetworks(config).apiServer };
}

/** The VPC endpoints of AWS APIs. */
export function toAwsApis(config: NetworkConfig, ...from: Pods[]): Flow {
    return { from, to: [{ cidrs: clusterNetworks(config).endpoints }], ports: tcp(AWS_API_PORT) };
}

/** The node's agent that gives pods their Pod Identity credentials. */
export function toPodIdentity(...from: Pods[]): Flow {
    return { from, to: [{ cidrs: [POD_IDENTITY.cidr] }], ports: tcp(POD_IDENTITY.port) };
}
