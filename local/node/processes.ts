import { readFileSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

import { ifPresent } from "../lib/files";
import { sleep } from "../lib/process";

/** The environment variables that identify the node's processes. */
export const marks = {
    /** `anchor`, or a component's name. */
    role: "SPARC_MESH_ROLE",
    /** A digest of everything that determines the process's behavior; another value means that it is out of date. */
    digest: "SPARC_MESH_DIGEST",
    /** The state folder of the node that the process belongs to. */
    state: "SPARC_MESH_STATE",
} as const;

/** A process of a node, as in /proc. */
export interface NodeProcess {
    /** PID on the host. */
    readonly pid: number;
    /** Start time, in clock ticks since boot. PID and start time identify a process uniquely. */
    readonly started: number;
    readonly role: string;
    readonly digest: string;
    readonly state: string;
    /** Name of the program's file. */
    readonly program: string;
    /** Whether it is a session leader, as daemons are and their children are not. */
    readonly leader: boolean;
    /** Its PIDs, from the host's namespace to the innermost. */
    readonly numbers: readonly number[];
}

/**
 * All processes of nodes on this machine, read from the kernel each time. There are no PID files that could be stale, and a
 * process is found even if the run that started it was killed.
 */
export async function nodeProcesses(): Promise<NodeProcess[]> {
    const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
    const processes = await Promise.all(pids.map((pid) => inspect(Number(pid))));
    return processes.filter((process) => process !== undefined);
}

/** Whether it is the first process of the node's namespaces, after it has become the init. */
export function isAnchor(process: NodeProcess): boolean {
    return (
        process.role === "anchor" &&
        process.numbers.length === namespaceDepth() + 1 &&
        process.numbers.at(-1) === 1
    );
}

/** Whether the process still runs. */
export async function isAlive(process: NodeProcess): Promise<boolean> {
    const stat = await ifPresent(readFile(`/proc/${process.pid}/stat`, "utf8"));
    const fields = stat === undefined ? undefined : parseStat(stat);
    return fields?.started === process.started && fields.status !== "Z";
}

/** Sends a signal to the process, unless its PID has been reused. */
export async function signal(target: NodeProcess, name: NodeJS.Signals): Promise<void> {
    if (!(await isAlive(target))) return;
    try {
        process.kill(target.pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}

/** Parses /proc/<pid>/stat. The name, in parentheses, can contain any character. */
export function parseStat(stat: string): { status: string; session: number; started: number } {
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { status: fields[0] ?? "", session: Number(fields[3]), started: Number(fields[19]) };
}

async function inspect(pid: number): Promise<NodeProcess | undefined> {
    let environment = await environmentOf(pid);
    if (environment === "" && (await ifPresent(readlink(`/proc/${pid}/exe`))) !== undefined) {
        // Probably during an exec, when the environment is empty for a moment.
        await sleep(10);
        environment = await environmentOf(pid);
    }
    if (!environment?.includes(`${marks.role}=`)) return undefined;
    const [stat, status, program] = await Promise.all([
        ifPresent(readFile(`/proc/${pid}/stat`, "utf8")),
        ifPresent(readFile(`/proc/${pid}/status`, "utf8")),
        ifPresent(readlink(`/proc/${pid}/exe`)),
    ]);
    if (stat === undefined || status === undefined || program === undefined) return undefined;
    const variables = new Map(environment.split("\0").map((entry) => splitOnce(entry, "=")));
    const { session, started, status: run } = parseStat(stat);
    const role = variables.get(marks.role);
    if (role === undefined || run === "Z") return undefined;
    return {
        pid,
        started,
        role,
        digest: variables.get(marks.digest) ?? "",
        state: variables.get(marks.state) ?? "",
        program: basename(program.replace(/ \(deleted\)$/, "")),
        leader: session === pid,
        numbers: numbersOf(status),
    };
}

/** Undefined also for a process with more privileges than this one, which no process of the node has. */
async function environmentOf(pid: number): Promise<string | undefined> {
    try {
        return await ifPresent(readFile(`/proc/${pid}/environ`, "utf8"));
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EACCES") return undefined;
        throw error;
    }
}

function numbersOf(status: string): number[] {
    const line = /^NSpid:\s+(.*)$/m.exec(status)?.[1] ?? "";
    return line.split(/\s+/).map(Number);
}

let depth: number | undefined;

/** The depth of this process's PID namespace. */
function namespaceDepth(): number {
    depth ??= numbersOf(readFileSync("/proc/self/status", "utf8")).length;
    return depth;
}

function splitOnce(text: string, separator: string): [string, string] {
    const at = text.indexOf(separator);
    return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** A process's start time in milliseconds since 1970, accurate to about a second. */
export async function startTime({ started }: NodeProcess): Promise<number> {
    const boot = /^btime (\d+)$/m.exec(await readFile("/proc/stat", "utf8"))?.[1];
    // USER_HZ is 100 on every architecture that Go supports.
    const ticksPerSecond = 100;
    return (Number(boot) + started / ticksPerSecond) * 1000;
}
