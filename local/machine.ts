import { constants } from "node:fs";
import { access, readFile, stat, statfs } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { ifPresent, readIfPresent } from "./files";
import { findAnchor } from "./node/anchor";
import { hostRoutes, type Route } from "./node/network";
import { paths } from "./paths";
import { findProblems, type Free, type MachineFacts, needs, UnfitMachineError } from "./preflight";
import { toolchainIsComplete } from "./toolchain";

/**
 * Checks, before anything is started, that this machine can run the node.
 *
 * @throws UnfitMachineError with everything that stands in the way, and the remedies
 */
export async function checkMachine(): Promise<void> {
    const problems = findProblems(await machineFacts());
    if (problems.length > 0) throw new UnfitMachineError(problems);
}

/** Looks at the machine; changes nothing. */
export async function machineFacts(): Promise<MachineFacts> {
    const { cache, state } = paths();
    const linux = process.platform === "linux";
    const toolchainComplete = linux && (await toolchainIsComplete());
    const commands = toolchainComplete ? needs.commands : [...needs.commands, ...needs.buildCommands];
    const anchor = linux ? await findAnchor() : undefined;
    return {
        platform: process.platform,
        root: process.getuid?.() === 0,
        missingCommands: await missing(commands),
        toolchainComplete,
        availableMemory: anchor ? Number.POSITIVE_INFINITY : await availableMemory(),
        disk: { cache: await free(cache), state: await free(state) },
        controllers: linux ? await controllers() : [],
        routes: linux ? await routes() : [],
        ...(anchor ? { runningNode: anchor.state } : {}),
        state,
    };
}

/** Those of the commands that no folder of PATH has. */
async function missing(commands: readonly string[]): Promise<string[]> {
    // Where a login shell of root's finds them, whatever the PATH that this process was given.
    const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
    const isThere = async (command: string): Promise<boolean> => {
        for (const folder of folders) {
            const found = await access(join(folder, command), constants.X_OK).then(
                () => true,
                () => false,
            );
            if (found) return true;
        }
        return false;
    };
    const there = await Promise.all(commands.map(isThere));
    return commands.filter((_, index) => !there[index]);
}

/** Bytes; infinite where the system does not tell. */
async function availableMemory(): Promise<number> {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec((await readIfPresent("/proc/meminfo")) ?? "")?.[1];
    return kibibytes === undefined ? Number.POSITIVE_INFINITY : Number(kibibytes) * 1024;
}

/** The room where a folder is, or would be made. */
async function free(folder: string): Promise<Free> {
    const found = await ifPresent(stat(folder));
    if (!found) return { ...(await free(dirname(folder))), folder };
    const { bavail, bsize } = await statfs(folder);
    return { folder, bytes: bavail * bsize, device: found.dev };
}

async function controllers(): Promise<string[]> {
    const unified = await readIfPresent("/sys/fs/cgroup/cgroup.controllers");
    if (unified !== undefined) return unified.trim().split(/\s+/);
    const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" "));
    return mounts
        .filter(([, , type]) => type === "cgroup")
        .flatMap(([, , , options = ""]) => options.split(","));
}

/** Without the `ip` command, which is a problem of its own, there is nothing to say about routes. */
async function routes(): Promise<Route[]> {
    return hostRoutes().catch(() => []);
}
