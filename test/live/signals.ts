/** Processes of the node's containers, which run on this machine. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { NAMESPACES } from "../../components/base/names";
import type { Deployment } from "./deployment";

/** Sends a signal to the agent of a store's sidecar. */
export async function signalled(node: Deployment, store: string, signal: NodeJS.Signals): Promise<void> {
    const id = await node.kubectl([
        ...["get", "pods", "--namespace", NAMESPACES.stores, "--selector", `sparc.dev/service=${store}`],
        ...[
            "--output",
            'jsonpath={.items[0].status.initContainerStatuses[?(@.name=="istio-proxy")].containerID}',
        ],
    ]);
    const agents = await processesOf(id.split("//")[1] ?? "", "pilot-agent");
    assert.equal(agents.length, 1);
    for (const pid of agents) process.kill(pid, signal);
}

/** A container's processes that run a program of this name. */
async function processesOf(container: string, program: string): Promise<number[]> {
    const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
    const matching = await Promise.all(
        pids.map(async (pid) => {
            try {
                const name = await readFile(`/proc/${pid}/comm`, "utf8");
                if (name.trim() !== program) return [];
                const groups = await readFile(`/proc/${pid}/cgroup`, "utf8");
                return groups.includes(container) ? [Number(pid)] : [];
            } catch {
                // The process has exited.
                return [];
            }
        }),
    );
    return matching.flat();
}
