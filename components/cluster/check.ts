import type { MeshConfig } from "../../config/schema";

/** What is wrong with how a stack describes its cluster, each with what to do about it. */
export function clusterProblems(config: MeshConfig): string[] {
    return [...untaintedByNobody(config), ...whichCluster(config)];
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
