import type { KubeConfig } from "@kubernetes/client-node";
import { type NodeStatus, nodeStatus } from "../../local";
import { connect, defaultKubeconfig } from "./cluster";

export interface ClusterOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
}

/** @throws Error where a kubeconfig is given alone: the embedded node would be asked instead of what it leads to. */
export function refuseWithoutContext(kubeconfig: string | undefined): void {
    if (kubeconfig === undefined) return;
    throw new Error(
        `--kubeconfig ${kubeconfig} alone says no cluster: add --context <name>, of one that it has`,
    );
}

/** The cluster that is meant: a context of a kubeconfig, or the embedded node. @throws where that does not run. */
export async function runningCluster({ context, kubeconfig }: ClusterOptions): Promise<KubeConfig> {
    if (context !== undefined) return connect({ context, kubeconfig: defaultKubeconfig(kubeconfig) });
    refuseWithoutContext(kubeconfig);
    const { kubeconfig: nodes } = await runningNode();
    return connect({ kubeconfig: nodes });
}

/** @throws Error where the embedded node does not run. */
export async function runningNode(): Promise<NodeStatus & { readonly kubeconfig: string }> {
    const { kubeconfig, ...node } = await nodeStatus();
    if (node.state === "up" && kubeconfig !== undefined) return { ...node, kubeconfig };
    throw new Error(
        `the embedded node is ${node.state}: run \`make up\` first (\`make status\` shows what is wrong)`,
    );
}
