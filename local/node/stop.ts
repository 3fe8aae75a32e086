import { readFile, rm, stat } from "node:fs/promises";

import { ifPresent } from "../files";
import { withLock } from "../lock";
import { paths } from "../paths";
import type { Progress } from "../progress";
import { removeNamespaces } from "./anchor";
import { nodeCgroups } from "./cgroups";
import { restoreLimits } from "./limits";
import { cableExists } from "./network";
import { nodeProcesses } from "./processes";
import { settings } from "./settings";

/** What a stop did, and what it found afterwards. */
export interface StopReport {
    /** For people: one line for each kind of thing that was removed. Empty where there was no node. */
    readonly removed: readonly string[];
    /** What is left in spite of all; empty when the stop is complete. */
    readonly left: readonly string[];
}

/** What of a node there is on the host. */
interface Traces {
    readonly processes: readonly string[];
    readonly mounts: readonly string[];
    readonly interfaces: readonly string[];
    readonly cgroups: readonly string[];
    readonly folders: readonly string[];
}

/**
 * Ends the node and removes everything of it but the toolchain, whatever state it is in.
 *
 * The node's iptables rules, routes and mounts need no removal of their own: they are in its namespaces and
 * vanish with them.
 *
 * @throws Error where the node that runs is one from another state folder
 */
export async function stopNode({ progress }: { readonly progress: Progress }): Promise<StopReport> {
    return withLock(
        "node",
        async () => {
            const { state } = paths();
            const before = await traces(state);
            let restored: string[] = [];
            const stop = async (): Promise<void> => {
                await removeNamespaces(state);
                restored = await restoreLimits(state);
                await rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
            };
            if (describe(before).length > 0)
                await progress.run([{ title: "Node", jobs: [{ title: "stopping", run: stop }] }]);
            return { removed: [...describe(before), ...restored], left: list(await traces(state)) };
        },
        (holder) => {
            progress.note(`Waiting for ${holder}, which is starting or stopping the node.`);
        },
    );
}

async function traces(state: string): Promise<Traces> {
    const mounts = await readFile("/proc/self/mountinfo", "utf8");
    const targets = mounts.split("\n").map((line) => line.split(" ")[4] ?? "");
    const processes = (await nodeProcesses()).filter((process) => process.state === state);
    return {
        processes: processes.map(({ pid, role, program }) => `process ${pid} (${role}: ${program})`),
        mounts: targets.filter((target) => target.startsWith(`${state}/`)).map((target) => `mount ${target}`),
        interfaces: (await cableExists()) ? [`network interface ${settings.hostInterface}`] : [],
        cgroups: (await nodeCgroups()).map((group) => `control group ${group}`),
        folders: (await ifPresent(stat(state))) ? [`folder ${state}`] : [],
    };
}

function list(found: Traces): string[] {
    return [...found.processes, ...found.mounts, ...found.interfaces, ...found.cgroups, ...found.folders];
}

/** For people: how many of what. */
function describe(found: Traces): string[] {
    const lines: string[] = [];
    if (found.processes.length > 0)
        lines.push(
            `${found.processes.length} daemons and helpers, with all pods, namespaces, mounts and iptables rules`,
        );
    lines.push(...found.mounts, ...found.interfaces);
    if (found.cgroups.length > 0) lines.push(`${found.cgroups.length} control groups`);
    return [...lines, ...found.folders];
}
