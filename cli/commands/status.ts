import { clearScreenDown, cursorTo } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import Table from "cli-table3";
import { type NodeStatus, nodeStatus } from "../../local";
import { EXIT } from "../errors";
import { type MeshStatus, isWell } from "../status/model";
import { readStatus } from "../status/read";
import { toText } from "../status/text";
import { type Cluster, connect, defaultKubeconfig, rollouts } from "../up/cluster";
import { deployedPlatform } from "../up/deployed";
import { refuseWithoutContext } from "../up/running";
import { connect as connectForObjects } from "../verify/cluster/kubernetes";
import { onInterrupt } from "../verify/interrupt";

interface StatusOptions {
    readonly context?: string;
    readonly kubeconfig?: string;
    readonly stack: string;
    readonly watch?: true;
    readonly json?: true;
}

/** Between two screens. */
const WATCH_MS = 5_000;

/** Exits with 1 where something does not run, is not ready, or is not as the program has it. */
export async function status(options: StatusOptions): Promise<void> {
    await onInterrupt(async (signal) => {
        do {
            const screen = await (options.watch ? lookAgain(options, signal) : look(options, signal));
            // A terminal shows one screen; what is written elsewhere is kept whole.
            if (options.watch && process.stdout.isTTY) {
                cursorTo(process.stdout, 0, 0);
                clearScreenDown(process.stdout);
            }
            process.stdout.write(`${screen}\n`);
        } while (options.watch && (await waited(signal)));
    });
}

/** Who watches sees what is in the way, and what comes after it. */
async function lookAgain(options: StatusOptions, signal: AbortSignal): Promise<string> {
    try {
        return await look(options, signal);
    } catch (error) {
        process.exitCode = EXIT.failed;
        const why = error instanceof Error ? error.message : String(error);
        return options.json ? JSON.stringify({ error: why }) : why;
    }
}

async function waited(signal: AbortSignal): Promise<boolean> {
    await pause(WATCH_MS, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
}

async function look(
    { context, kubeconfig, stack, json }: StatusOptions,
    signal: AbortSignal,
): Promise<string> {
    const node = context === undefined ? await nodeStatus() : undefined;
    const cluster = clusterOf(node, context, kubeconfig);
    const mesh = cluster && (await readMesh(cluster, stack, signal));
    process.exitCode = mesh !== undefined && isWell(mesh) ? EXIT.ok : EXIT.difference;
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
): Cluster | undefined {
    if (context !== undefined) return { context, kubeconfig: defaultKubeconfig(kubeconfig) };
    refuseWithoutContext(kubeconfig);
    return node?.state === "up" && node.kubeconfig !== undefined
        ? { kubeconfig: node.kubeconfig }
        : undefined;
}

async function readMesh(cluster: Cluster, stack: string, signal: AbortSignal): Promise<MeshStatus> {
    const { platform } = await deployedPlatform(stack);
    const [objects, workloads] = await Promise.all([connectForObjects(cluster), rollouts(connect(cluster))]);
    return await readStatus(objects, platform, workloads, signal);
}

function nodeText(node: NodeStatus): string {
    if (node.state === "absent") return "There is no node. `make up` makes one.";
    const place = node.address === undefined ? "" : ` at ${node.address}`;
    if (node.state === "up") return `The node is up${place}.`;
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
        `The node is ${node.state}${place}.`,
        table.toString(),
        "`make up` starts what does not run.",
    ].join("\n");
}
