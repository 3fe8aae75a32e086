import { clearScreenDown, cursorTo } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import Table from "cli-table3";
import { type NodeStatus, nodeStatus } from "../../local";
import { EXIT } from "../lib/errors";
import { type MeshStatus, isHealthy } from "../status/model";
import { readStatus } from "../status/read";
import { toText } from "../status/text";
import { type ClusterRef, defaultKubeconfig, loadKubeconfig } from "../lib/kubeconfig";
import { deploymentStatuses } from "../lib/cluster/deployments";
import { deployedPlatform } from "../up/deployed";

import { connect as connectForObjects } from "../lib/cluster/kubernetes";
import { onInterrupt } from "../lib/interrupt";

interface StatusOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly stack: string;
    readonly watch?: true;
    readonly json?: true;
}

/** Interval between two refreshes. */
const WATCH_MS = 5_000;

/** Exits with 1 if anything is not running, not ready, or drifted from the desired state. */
export async function status(options: StatusOptions): Promise<void> {
    await onInterrupt(async (signal) => {
        do {
            const screen = await (options.watch
                ? readScreenOrError(options, signal)
                : readScreen(options, signal));
            // On a terminal each refresh replaces the last one. Elsewhere the output is a log and nothing is cleared.
            if (options.watch && process.stdout.isTTY) {
                cursorTo(process.stdout, 0, 0);
                clearScreenDown(process.stdout);
            }
            process.stdout.write(`${screen}\n`);
        } while (options.watch && (await waitForNextScreen(signal)));
    });
}

/** With --watch, an error is shown in place of the status and the next refresh tries again. */
async function readScreenOrError(options: StatusOptions, signal: AbortSignal): Promise<string> {
    try {
        return await readScreen(options, signal);
    } catch (error) {
        process.exitCode = EXIT.failed;
        const why = error instanceof Error ? error.message : String(error);
        return options.json ? JSON.stringify({ error: why }) : why;
    }
}

async function waitForNextScreen(signal: AbortSignal): Promise<boolean> {
    await pause(WATCH_MS, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
}

async function readScreen(
    { context, kubeconfig, stack, json }: StatusOptions,
    signal: AbortSignal,
): Promise<string> {
    const node = context === undefined ? await nodeStatus() : undefined;
    const cluster = clusterOf(node, context, kubeconfig);
    const mesh = cluster && (await readMesh(cluster, stack, signal));
    process.exitCode = mesh !== undefined && isHealthy(mesh) ? EXIT.ok : EXIT.difference;
    if (json) return JSON.stringify({ ...(node && { node }), ...mesh });
    return [
        ...(node === undefined ? [] : [nodeText(node)]),
        ...(mesh ? [toText(mesh, new Date())] : []),
    ].join("\n");
}

function clusterOf(
    node: NodeStatus | undefined,
    context: string | undefined,
    kubeconfig: string | undefined,
): ClusterRef | undefined {
    if (context !== undefined) return { context, kubeconfig: defaultKubeconfig(kubeconfig) };

    return node?.state === "up" && node.kubeconfig !== undefined
        ? { kubeconfig: node.kubeconfig }
        : undefined;
}

async function readMesh(cluster: ClusterRef, stack: string, signal: AbortSignal): Promise<MeshStatus> {
    const { platform } = await deployedPlatform(stack);
    const config = loadKubeconfig(cluster);
    const [objects, workloads] = await Promise.all([connectForObjects(cluster), deploymentStatuses(config)]);
    return await readStatus(objects, platform, workloads, signal);
}

function nodeText(node: NodeStatus): string {
    if (node.state === "absent") return "The embedded node does not exist. `make up` creates it.";
    const place = node.address === undefined ? "" : ` at ${node.address}`;
    if (node.state === "up") return `The embedded node is up${place}.`;
    const table = new Table({ head: ["part", "state", "pid", "since"], style: { head: [], border: [] } });
    for (const { name, state, pid, since, log } of node.parts) {
        table.push([
            name,
            state === "ok" ? state : `${state}; see ${log ?? "kubectl"}`,
            pid ?? "",
            since ?? "",
        ]);
    }
    return [
        `The embedded node is ${node.state}${place}.`,
        table.toString(),
        "`make up` starts the parts that do not run.",
    ].join("\n");
}
