/** How `mesh upgrade` deploys a stack: the stack local as `mesh up` does, other stacks with the Pulumi CLI. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { type ClusterRef, defaultKubeconfig, loadKubeconfig } from "../lib/kubeconfig";
import type { MeshConfig } from "../../config/schema";
import { LOCAL_STACK, PROJECT_FOLDER } from "../lib/checkout";
import { type UpOptions, deployPlatform } from "../up/deploy";
import { runningCluster } from "../up/running";
import type { StackDeployment } from "../upgrade/apply";
import { KubernetesMesh } from "../upgrade/cluster";
import { UpgradeError } from "../upgrade/plan";

export function deploymentOf(stack: string, config: MeshConfig, options: UpOptions): StackDeployment {
    const file = join(PROJECT_FOLDER, `Pulumi.${stack}.yaml`);
    if (stack === LOCAL_STACK)
        return {
            file,
            deploy: async () => {
                await deployPlatform({ ...options, json: true });
            },
            cluster: async () => new KubernetesMesh(await runningCluster(options)),
        };
    const cluster = new KubernetesMesh(loadKubeconfig(clusterOf(stack, config, options)));
    return { file, deploy: () => pulumiUp(stack), cluster: () => Promise.resolve(cluster) };
}

/** The stack's cluster: the command's, or the one that the stack's file names. */
function clusterOf(
    stack: string,
    { kubeconfig, context }: MeshConfig,
    options: Pick<UpOptions, "context" | "kubeconfig">,
): ClusterRef {
    if (options.context !== undefined)
        return { kubeconfig: defaultKubeconfig(options.kubeconfig), context: options.context };
    if (context !== undefined) return { kubeconfig: defaultKubeconfig(kubeconfig), context };
    throw new UpgradeError(
        `the cluster of stack ${stack} is unknown: pass --context <name> (and --kubeconfig <file>). ` +
            "A current context is easily another cluster than you expect.",
    );
}

/** Runs `pulumi up`, whose output goes to standard error, so that standard output is the command's report. */
async function pulumiUp(stack: string): Promise<void> {
    const args = ["up", "--stack", stack, "--yes", "--non-interactive"];
    const child = spawn("pulumi", args, { cwd: PROJECT_FOLDER, stdio: ["ignore", 2, 2] });
    const status = await new Promise<number | string>((resolve, reject) => {
        child.on("error", (error: NodeJS.ErrnoException) => {
            reject(
                error.code === "ENOENT"
                    ? new UpgradeError(
                          `the Pulumi CLI is not on PATH. Install it, or deploy each step yourself: run the command without --apply, and with --restart for the restarts.`,
                      )
                    : error,
            );
        });
        child.on("close", (code, signal) => {
            resolve(code ?? signal ?? "an unknown error");
        });
    });
    if (status === 0) return;
    throw new UpgradeError(
        `pulumi ${args.join(" ")} failed with ${status}. Fix the reported cause, and run the command again: it continues with this step.`,
    );
}
