import { constants } from "node:fs";
import { access, readFile, stat, statfs } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { ifPresent, readIfPresent } from "../lib/files";
import { findAnchor } from "./anchor";
import { hostRoutes, type Route } from "./network";
import { paths } from "../lib/paths";
import { findProblems, type Free, type MachineFacts, needs, UnfitMachineError } from "./preflight";
import { toolchainIsComplete } from "../toolchain";

/**
 * Checks that this machine can run the node, before anything is started.
 *
 * @throws UnfitMachineError with all problems and their remedies
 */
export async function checkMachine(): Promise<void> {
    const problems = findProblems(await machineFacts());
    if (problems.length > 0) throw new UnfitMachineError(problems);
}

/** Inspects the machine; changes nothing. */
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

/** The commands that are not on PATH. */
async function missing(commands: readonly string[]): Promise<string[]> {
    // Also look where root's login shell does, whatever the PATH of this process.
    const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
    const isOnPath = async (command: string): Promise<boolean> => {
        for (const folder of folders) {
            const isExecutable = await access(join(folder, command), constants.X_OK).then(
                () => true,
                () => false,
            );
            if (isExecutable) return true;
        }
        return false;
    };
    const available = await Promise.all(commands.map(isOnPath));
    return commands.filter((_, index) => !available[index]);
}

/** Bytes; infinite if the system does not report it. */
async function availableMemory(): Promise<number> {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec((await readIfPresent("/proc/meminfo")) ?? "")?.[1];
    return kibibytes === undefined ? Number.POSITIVE_INFINITY : Number(kibibytes) * 1024;
}

/** Free space on the file system of a folder, which need not exist yet. */
async function free(folder: string): Promise<Free> {
    const status = await ifPresent(stat(folder));
    if (!status) return { ...(await free(dirname(folder))), folder };
    const { bavail, bsize } = await statfs(folder);
    return { folder, bytes: bavail * bsize, device: status.dev };
}

async function controllers(): Promise<string[]> {
    const unified = await readIfPresent("/sys/fs/cgroup/cgroup.controllers");
    if (unified !== undefined) return unified.trim().split(/\s+/);
    const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" "));
    return mounts
        .filter(([, , type]) => type === "cgroup")
        .flatMap(([, , , options = ""]) => options.split(","));
}

/** Empty without the `ip` command; another check reports that it is missing. */
async function routes(): Promise<Route[]> {
    return hostRoutes().catch(() => []);
}
