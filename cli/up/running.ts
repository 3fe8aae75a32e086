import type { KubeConfig } from "@kubernetes/client-node";
import { nodeStatus } from "../../local";
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
    const node = await nodeStatus();
    if (node.state === "up" && node.kubeconfig !== undefined) return connect({ kubeconfig: node.kubeconfig });
    throw new Error(
        `the embedded node is ${node.state}: run \`make up\` first (\`make status\` shows what is wrong)`,
    );
}
