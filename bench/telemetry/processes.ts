/** The resource usage of a container on this machine, from its processes. */
import { readdir, readFile } from "node:fs/promises";

/** USER_HZ, which is 100 on every architecture that Go supports. */
const TICKS_PER_SECOND = 100;

export interface Usage {
    readonly cpuSeconds: number;
    readonly residentBytes: number;
}

/**
 * The usage of all processes of a container since their start.
 *
 * @param id the container ID, without the runtime's prefix
 * @throws if none of its processes runs on this machine
 */
export async function usageOf(id: string): Promise<Usage> {
    const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
    const usages = (await Promise.all(pids.map((pid) => usageIn(id, pid)))).flatMap((one) => one ?? []);
    if (usages.length === 0) {
        throw new Error(
            `no process of the container ${id} runs on this machine: the benchmark requires the embedded node`,
        );
    }
    return {
        cpuSeconds: usages.reduce((sum, one) => sum + one.cpuSeconds, 0),
        residentBytes: usages.reduce((sum, one) => sum + one.residentBytes, 0),
    };
}

async function usageIn(id: string, pid: string): Promise<Usage | undefined> {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8");
    try {
        if (!(await read("cgroup")).includes(id)) return undefined;
        return {
            cpuSeconds: cpuSeconds(await read("stat")),
            residentBytes: residentBytes(await read("status")),
        };
    } catch (error) {
        // The process has ended in the meantime.
        if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
        throw error;
    }
}

/** User and system CPU time of all threads, from /proc/<pid>/stat. The name, in parentheses, can contain any character. */
export function cpuSeconds(stat: string): number {
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory, from /proc/<pid>/status. */
export function residentBytes(status: string): number {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
