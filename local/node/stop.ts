import { readFile, rm, stat } from "node:fs/promises";

import { ifPresent } from "../lib/files";
import { withLock } from "../lib/lock";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { removeNamespaces } from "./anchor";
import { nodeCgroups } from "./cgroups";
import { restoreLimits } from "./limits";
import { vethPairExists } from "./network";
import { nodeProcesses } from "./processes";
import { settings } from "./settings";

/** The result of a stop. */
export interface StopReport {
    /** One line for people for each kind of thing that was removed. Empty if there was no node. */
    readonly removed: readonly string[];
    /** What could not be removed; empty if the stop is complete. */
    readonly left: readonly string[];
}

/** Everything of a node that exists on the host. */
interface NodeResources {
    readonly processes: readonly string[];
    readonly mounts: readonly string[];
    readonly interfaces: readonly string[];
    readonly cgroups: readonly string[];
    readonly folders: readonly string[];
}

/**
 * Stops the node and removes everything of it except the toolchain, in whatever state it is.
 *
 * The node's iptables rules, routes and mounts are in its namespaces and disappear with them.
 *
 * @throws Error if the running node belongs to another state folder
 */
export async function stopNode({ progress }: { readonly progress: Progress }): Promise<StopReport> {
    return withLock(
        "node",
        async () => {
            const { state } = paths();
            const before = await resources(state);
            let restored: string[] = [];
            const stop = async (): Promise<void> => {
                await removeNamespaces(state);
                restored = await restoreLimits(state);
                await rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
            };
            if (describe(before).length > 0)
                await progress.run([{ title: "Node", jobs: [{ title: "stopping", run: stop }] }]);
            return { removed: [...describe(before), ...restored], left: list(await resources(state)) };
        },
        (holder) => {
            progress.note(`Waiting for ${holder}, which is starting or stopping the node.`);
        },
    );
}

async function resources(state: string): Promise<NodeResources> {
    const mounts = await readFile("/proc/self/mountinfo", "utf8");
    const targets = mounts.split("\n").map((line) => line.split(" ")[4] ?? "");
    const processes = (await nodeProcesses()).filter((process) => process.state === state);
    return {
        processes: processes.map(({ pid, role, program }) => `process ${pid} (${role}: ${program})`),
        mounts: targets.filter((target) => target.startsWith(`${state}/`)).map((target) => `mount ${target}`),
        interfaces: (await vethPairExists()) ? [`network interface ${settings.hostInterface}`] : [],
        cgroups: (await nodeCgroups()).map((group) => `control group ${group}`),
        folders: (await ifPresent(stat(state))) ? [`folder ${state}`] : [],
    };
}

function list(resources: NodeResources): string[] {
    return [
        ...resources.processes,
        ...resources.mounts,
        ...resources.interfaces,
        ...resources.cgroups,
        ...resources.folders,
    ];
}

/** A summary for people. */
function describe({ processes, mounts, interfaces, cgroups, folders }: NodeResources): string[] {
    const lines: string[] = [];
    if (processes.length > 0)
        lines.push(
            `${processes.length} daemons and helpers, with all pods, namespaces, mounts and iptables rules`,
        );
    lines.push(...mounts, ...interfaces);
    if (cgroups.length > 0) lines.push(`${cgroups.length} control groups`);
    return [...lines, ...folders];
}
