import type { KubeConfig } from "@kubernetes/client-node";
import { type NodeStatus, nodeStatus } from "../../local";
import { defaultKubeconfig, loadKubeconfig } from "../lib/kubeconfig";

export interface ClusterOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
}

/** The cluster of `context`, or else the embedded node. @throws Error if the embedded node does not run */
export async function runningCluster({ context, kubeconfig }: ClusterOptions): Promise<KubeConfig> {
    if (context !== undefined) return loadKubeconfig({ context, kubeconfig: defaultKubeconfig(kubeconfig) });
    const { kubeconfig: nodeKubeconfig } = await runningNode();
    return loadKubeconfig({ kubeconfig: nodeKubeconfig });
}

/** @throws Error if the embedded node does not run */
export async function runningNode(): Promise<NodeStatus & { readonly kubeconfig: string }> {
    const { kubeconfig, ...node } = await nodeStatus();
    if (node.state === "up" && kubeconfig !== undefined) return { ...node, kubeconfig };
    throw new Error(
        `the embedded node is ${node.state}. Run \`make up\` first; \`make status\` shows the failed part.`,
    );
}
