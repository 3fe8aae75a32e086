/** Executes an upgrade plan. After a kill at any point, the next run continues. */
import { readFileSync } from "node:fs";
import { listProxies } from "../../config/proxies";
import type { MeshConfig } from "../../config/schema";
import { writeAtomically } from "../../local/lib/files";
import type { MeshCluster } from "./cluster";
import { type Revision, type UpgradeStep, UpgradeError } from "./plan";
import { assertAllOn, restartStale, type RestartReport } from "./restart";
import { withIstio } from "./stack-file";
import { namespacesOf } from "./text";

/** A stack's file and how it is deployed. */
export interface StackDeployment {
    /** The path of `Pulumi.<stack>.yaml`. */
    readonly file: string;
    /** Deploys the file's current content. */
    readonly deploy: () => Promise<void>;
    readonly cluster: () => Promise<MeshCluster>;
}

export interface ApplyOptions {
    readonly batch: number;
    /** Called with one line on progress. */
    readonly log: (line: string) => void;
}

/** What a run did. Without `complete`, rollouts or jobs were in progress, or pods have no owner: run it again. */
export interface ApplyReport extends RestartReport {
    readonly complete: boolean;
}

/** @throws UpgradeError if a step is not possible; the steps before it are done */
export async function applySteps(
    steps: readonly UpgradeStep[],
    to: Revision,
    deployment: StackDeployment,
    { batch, log }: ApplyOptions,
): Promise<ApplyReport> {
    const restarted: string[] = [];
    for (const [index, step] of steps.entries()) {
        log(`${index + 1} of ${steps.length}: ${step.title}`);
        if (step.action === "deploy") {
            await deployStep(step, to, deployment);
            continue;
        }
        const namespaces = namespacesOf(step.scope);
        const cluster = await deployment.cluster();
        const report = await restartStale(cluster, step.to, {
            namespaces,
            batch,
            log: (line) => {
                log(`  ${line}`);
            },
        });
        restarted.push(...report.restarted);
        if (report.inProgress.length > 0 || report.unowned.length > 0 || report.jobs.length > 0)
            return { ...report, restarted, complete: false };
    }
    return { restarted, inProgress: [], unowned: [], jobs: [], complete: true };
}

async function deployStep(
    step: Extract<UpgradeStep, { action: "deploy" }>,
    { name }: Revision,
    { file, deploy, cluster }: StackDeployment,
): Promise<void> {
    const before = readFileSync(file, "utf8");
    const isRemoval = step.istio.revisions.every((revision) => revision.name === name);
    // The deployment rejects this, too; here the stack's file does not change.
    if (isRemoval) await assertAllOn(await cluster(), name);
    await writeAtomically(file, withIstio(before, step.istio), 0o644);
    await deploy();
}

/**
 * Rejects a cluster that does not run what the stack's file lists: it is another stack's, or the file was never
 * deployed.
 */
export async function assertDeployed(
    cluster: MeshCluster,
    stack: string,
    revisions: readonly Revision[],
): Promise<void> {
    const installed = await cluster.revisions();
    const listed = revisions.map(({ name }) => name).sort();
    if (installed.join() === listed.join()) return;
    throw new UpgradeError(
        `the cluster runs istiod ${installed.join(", ") || "in no revision"}, but Pulumi.${stack}.yaml lists ${listed.join(", ")}. ` +
            "Select the stack's cluster with --context, or deploy the stack first.",
    );
}

/**
 * Rejects a stack whose deployments would also replace nodes: each drains a gateway's pods, for which Pulumi waits in the middle
 * of the upgrade.
 */
export function assertNodesPinned(stack: string, cluster: MeshConfig["cluster"]): void {
    if (cluster.from !== "eks" || cluster.amiReleaseVersion !== "latest") return;
    throw new UpgradeError(
        `--apply deploys stack ${stack} several times, and with sparc-mesh:cluster.amiReleaseVersion: latest each deployment also ` +
            "replaces the nodes whose AMI is not the newest. Nothing was changed. Set it to the release that the nodes have, and back " +
            "to latest after the upgrade. To read it:\n" +
            `  pulumi stack export --stack ${stack} | jq -r '.deployment.resources[] | select(.type == "aws:eks/nodeGroup:NodeGroup").outputs.releaseVersion' | sort -u`,
    );
}

/** The lines about what a run left, and how to go on; empty if it left nothing. */
export function remainderText({ inProgress, unowned, jobs }: RestartReport): string[] {
    return [
        ...(inProgress.length === 0
            ? []
            : [
                  "Rollouts are in progress, and a restart would disturb their analysis. Wait for them, or approve or reject them (mesh approve), and run the command again:",
                  ...inProgress.map(({ namespace, name, phase }) => `  ${namespace}/${name} (${phase})`),
              ]),
        ...(unowned.length === 0
            ? []
            : [
                  "These proxies are stale, and no Deployment, StatefulSet, DaemonSet or Job owns their pods. Delete or recreate them, and run the command again:",
                  listProxies(unowned),
              ]),
        ...(jobs.length === 0
            ? []
            : [
                  "These proxies are stale, and their pods belong to jobs that are running. Wait for these jobs to complete, and run the command again:",
                  listProxies(jobs),
              ]),
    ];
}
