/** What a container takes of this machine, as its kernel counts it for the container's processes. */
import { readdir, readFile } from "node:fs/promises";

/** In which the kernel tells user space of CPU time, on every architecture that runs Go. */
const TICKS_PER_SECOND = 100;

export interface Usage {
    readonly cpuSeconds: number;
    readonly residentBytes: number;
}

/**
 * Of all processes of a container, since each began.
 *
 * @param id the container's, without the runtime's name
 * @throws where none of its processes is on this machine
 */
export async function usageOf(id: string): Promise<Usage> {
    const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
    const found = (await Promise.all(pids.map((pid) => usageIn(id, pid)))).flatMap((one) => one ?? []);
    if (found.length === 0) {
        throw new Error(
            `no process of the container ${id} is on this machine: the node must be the embedded one`,
        );
    }
    return {
        cpuSeconds: found.reduce((sum, one) => sum + one.cpuSeconds, 0),
        residentBytes: found.reduce((sum, one) => sum + one.residentBytes, 0),
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
        // It has ended in between.
        if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
        throw error;
    }
}

/** Of /proc/<pid>/stat: in user and kernel mode, all threads. The name, in parentheses, may hold any character. */
export function cpuSeconds(stat: string): number {
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Of /proc/<pid>/status. */
export function residentBytes(status: string): number {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
