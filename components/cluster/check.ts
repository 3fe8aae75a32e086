import type { MeshConfig } from "../../config/schema";

/** What is wrong with how a stack describes its cluster, each with what to do about it. */
export function clusterProblems(config: MeshConfig): string[] {
    return [...untaintedByNobody(config), ...whichCluster(config), ...networks(config)];
}

function untaintedByNobody({ cluster, istio }: MeshConfig): string[] {
    if (cluster.from !== "eks" || istio.cni) return [];
    return [
        "istio.cni: the nodes of mesh and gateways wait for istio-cni before they take a pod; set it to true",
    ];
}

function whichCluster({ cluster, context, kubeconfig, protect }: MeshConfig): string[] {
    const named = [
        ...(kubeconfig === undefined ? [] : ["kubeconfig"]),
        ...(context === undefined ? [] : ["context"]),
    ];
    if (cluster.from !== "kubeconfig") {
        return named.map(
            (key) => `${key}: the key cluster says which it is, and nobody reads this; take it out`,
        );
    }
    if (!protect) return [];
    // With whatever the environment happens to lead to, one cluster's objects would be made in another.
    return ["kubeconfig", "context"]
        .filter((key) => !named.includes(key))
        .map((key) => `${key}: a stack that protects what it has must say which cluster is its own; set it`);
}

/** Addresses that a stack knows of a cluster that it makes, and must be told of any other. */
function networks({ cluster, edge, gateways, network }: MeshConfig): string[] {
    const keys = ["apiServer", "nodes", "loadBalancers"] as const;
    if (cluster.from === "eks") {
        return [...keys, "pods" as const, "services" as const]
            .filter((key) => network[key].length > 0)
            .map(
                (key) =>
                    `network.${key}: the stack makes the cluster, and knows its addresses; take the key out`,
            );
    }
    const needed = keys.filter(
        (key) =>
            key !== "loadBalancers" ||
            (edge.clientAddress === "load-balancer" && gateways.service === "LoadBalancer"),
    );
    return needed
        .filter((key) => network[key].length === 0)
        .map(
            (key) =>
                `network.${key}: the stack does not make its cluster, and NetworkPolicies must name ${NEEDED[key]}`,
        );
}

const NEEDED = {
    apiServer:
        "the API server's addresses; list that of the Service `kubernetes` (kubectl get service kubernetes) and its endpoints' " +
        "(kubectl get endpointslices kubernetes), such as [10.96.0.1/32, 10.0.1.0/28]",
    nodes: "the nodes' addresses, for Prometheus to read the kubelets' metrics; list them, such as [10.0.0.0/19]",
    loadBalancers:
        "from where load balancers connect to the gateways, so that nobody else sends PROXY protocol headers; list the load " +
        "balancers' subnets, such as [10.0.224.0/24]",
} as const;
