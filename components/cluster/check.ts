import type { MeshConfig } from "../../config/schema";

/** What is wrong with how a stack describes its cluster, each with what to do about it. */
export function clusterProblems({ cluster, context, kubeconfig, protect }: MeshConfig): string[] {
    const named = [
        ...(kubeconfig === undefined ? [] : ["kubeconfig"]),
        ...(context === undefined ? [] : ["context"]),
    ];
    if (cluster.from !== "kubeconfig") {
        return named.map(
            (key) => `${key}: the cluster is cluster.name at AWS, and nobody reads this; take it out`,
        );
    }
    if (!protect) return [];
    // With whatever the environment happens to lead to, one cluster's objects would be made in another.
    return ["kubeconfig", "context"]
        .filter((key) => !named.includes(key))
        .map((key) => `${key}: a stack that protects what it has must say which cluster is its own; set it`);
}
