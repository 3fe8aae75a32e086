import type { MeshConfig } from "../../config/schema";

/** Returns the mistakes in how a stack describes its cluster, each with its fix. */
export function clusterProblems(config: MeshConfig): string[] {
    return [
        ...unremovedTaints(config),
        ...amiOfAnotherVersion(config),
        ...whichCluster(config),
        ...networks(config),
    ];
}

function amiOfAnotherVersion({ cluster }: MeshConfig): string[] {
    if (cluster.from !== "eks") return [];
    const { amiReleaseVersion: release, version } = cluster;
    if (release === "latest" || release.startsWith(`${version}.`)) return [];
    return [
        `cluster.amiReleaseVersion: ${release} is an AMI of another version of Kubernetes than cluster.version, ${version}; ` +
            `set it to a release ${version}.*, or to latest`,
    ];
}

function unremovedTaints({ cluster, istio }: MeshConfig): string[] {
    if (cluster.from !== "eks" || istio.cni) return [];
    return ["istio.cni: the nodes accept pods of the mesh only once istio-cni runs there; set it to true"];
}

function whichCluster({ cluster, context, kubeconfig, protect }: MeshConfig): string[] {
    const named = [
        ...(kubeconfig === undefined ? [] : ["kubeconfig"]),
        ...(context === undefined ? [] : ["context"]),
    ];
    if (cluster.from !== "kubeconfig") {
        return named.map(
            (key) => `${key}: the key cluster selects the cluster, so this has no effect; remove it`,
        );
    }
    if (!protect) return [];
    // Otherwise the environment's current cluster is used, and one cluster's objects might be created in another.
    return ["kubeconfig", "context"]
        .filter((key) => !named.includes(key))
        .map((key) => `${key}: a protected stack must state which cluster it deploys to; set it`);
}

/**
 * Addresses that the program knows for a cluster that the stack creates, and that the configuration must list for any
 * other.
 */
function networks({ cluster, edge, gateways, network }: MeshConfig): string[] {
    const keys = ["apiServerCidrs", "nodeCidrs", "loadBalancerCidrs"] as const;
    if (cluster.from === "eks") {
        return [...keys, "podCidrs" as const, "serviceCidrs" as const]
            .filter((key) => network[key].length > 0)
            .map(
                (key) =>
                    `network.${key}: the stack creates the cluster, so its addresses are known; remove the key`,
            );
    }
    const needed = keys.filter(
        (key) =>
            key !== "loadBalancerCidrs" ||
            (edge.clientAddress === "load-balancer" && gateways.serviceType === "LoadBalancer"),
    );
    return needed
        .filter((key) => network[key].length === 0)
        .map(
            (key) =>
                `network.${key}: the stack does not create its cluster, and NetworkPolicies need ${REQUIRED_ADDRESSES[key]}`,
        );
}

const REQUIRED_ADDRESSES = {
    apiServerCidrs:
        "the API server's addresses; list that of the Service `kubernetes` (kubectl get service kubernetes) and its endpoints' " +
        "(kubectl get endpointslices kubernetes), such as [10.96.0.1/32, 10.0.1.0/28]",
    nodeCidrs:
        "the nodes' addresses, at which Prometheus scrapes the kubelets; list them, such as [10.0.0.0/19]",
    loadBalancerCidrs:
        "the addresses from which load balancers connect to the gateways, so that nothing else can send PROXY protocol headers; list the " +
        "load balancers' subnets, such as [10.0.224.0/24]",
} as const;
