import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ifPresent } from "../lib/files";
import { sleep } from "../lib/process";
import { settings } from "./settings";

const mountPoint = "/sys/fs/cgroup";

/** The roots of all cgroup hierarchies: one on v2; one for each controller, and the v2 one, on v1. */
export async function hierarchies(): Promise<string[]> {
    if (await isUnified()) return [mountPoint];
    const mounts = await readFile("/proc/self/mounts", "utf8");
    return mounts
        .split("\n")
        .map((line) => line.split(" "))
        .filter(([, target, type]) => target?.startsWith(`${mountPoint}/`) && /^cgroup2?$/.test(type ?? ""))
        .map(([, target = ""]) => target);
}

/** Whether only cgroup v2 is mounted. */
export async function isUnified(): Promise<boolean> {
    return (await ifPresent(readFile(join(mountPoint, "cgroup.controllers"), "utf8"))) !== undefined;
}

/** Creates the node's control group, with the group of its daemons, in every hierarchy. */
export async function ensureCgroups(): Promise<void> {
    const unified = await isUnified();
    for (const root of await hierarchies()) {
        const parent = join(root, settings.cgroup);
        await mkdir(parent, { recursive: true });
        if (unified) await delegate(root, parent);
        await mkdir(join(parent, "system"), { recursive: true });
        // On v1 a new cpuset is empty, and accepts no process until it has CPUs and memory nodes.
        for (const group of [parent, join(parent, "system")]) await inheritCpuset(root, group);
    }
}

/** The folders of the node's control groups; empty if there is no node. */
export async function nodeCgroups(): Promise<string[]> {
    const groups: string[] = [];
    for (const root of await hierarchies()) groups.push(...(await treeOf(join(root, settings.cgroup))));
    return groups;
}

/**
 * Removes the node's control groups, innermost first. The kernel frees a group a moment after its last process ends, so
 * this retries for up to `timeout` milliseconds.
 *
 * @returns the number of removed groups
 * @throws Error with the groups that could not be removed
 */
export async function removeCgroups(timeout = 10_000): Promise<number> {
    const deadline = Date.now() + timeout;
    let removed = 0;
    for (;;) {
        const groups = await nodeCgroups();
        if (groups.length === 0) return removed;
        for (const group of groups) {
            try {
                await rmdir(group);
                removed += 1;
            } catch (error) {
                if (!["EBUSY", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
            }
        }
        if (Date.now() > deadline) {
            const left = (await nodeCgroups()).join("\n  ");
            throw new Error(
                `These control groups still contain processes:\n  ${left}\nSee their cgroup.procs.`,
            );
        }
        await sleep(50);
    }
}

/** A group and its descendants, innermost first. */
async function treeOf(group: string): Promise<string[]> {
    const entries = await ifPresent(readdir(group, { withFileTypes: true }));
    if (entries === undefined) return [];
    const children = entries.filter((entry) => entry.isDirectory());
    const below = await Promise.all(children.map((entry) => treeOf(join(group, entry.name))));
    return [...below.flat(), group];
}

/** Enables all available controllers for the node's group and its children. */
async function delegate(root: string, parent: string): Promise<void> {
    for (const group of [root, parent]) {
        const available = (await readFile(join(group, "cgroup.controllers"), "utf8")).trim().split(/\s+/);
        for (const controller of available.filter((name) => name !== ""))
            await writeFile(join(group, "cgroup.subtree_control"), `+${controller}`);
    }
}

async function inheritCpuset(root: string, group: string): Promise<void> {
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        const whole = await ifPresent(readFile(join(root, file), "utf8"));
        const current = await ifPresent(readFile(join(group, file), "utf8"));
        if (whole !== undefined && current?.trim() === "") await writeFile(join(group, file), whole);
    }
}
