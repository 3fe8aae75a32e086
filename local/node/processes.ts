import { readFileSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

import { ifPresent } from "../files";
import { sleep } from "../process";

/** The environment variables by which the node's processes are known, whoever started them. */
export const marks = {
    /** `anchor`, or a component's name. */
    role: "SPARC_MESH_ROLE",
    /** Stands for all that decides how the process behaves; another value means it is out of date. */
    digest: "SPARC_MESH_DIGEST",
    /** The state folder of the node that the process belongs to. */
    state: "SPARC_MESH_STATE",
} as const;

/** A process of a node, as /proc shows it. */
export interface NodeProcess {
    /** Number among the host's processes. */
    readonly pid: number;
    /** Start, in clock ticks since boot. Number and start together name a process for good. */
    readonly started: number;
    readonly role: string;
    readonly digest: string;
    readonly state: string;
    /** Name of the program's file. */
    readonly program: string;
    /** Whether it leads its session, as each daemon does and its children do not. */
    readonly leader: boolean;
    /** The process's numbers, from the host's namespace to the innermost. */
    readonly numbers: readonly number[];
}

/**
 * Every marked process on this machine. The truth about what runs is read from the kernel each time: no
 * file of process numbers can be stale, and a process is found even if its starter died before it could
 * have written one.
 */
export async function nodeProcesses(): Promise<NodeProcess[]> {
    const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
    const found = await Promise.all(pids.map((pid) => inspect(Number(pid))));
    return found.filter((process) => process !== undefined);
}

/** The first process of the node's namespaces, once it has handed over to its init. */
export function isAnchor(process: NodeProcess): boolean {
    return (
        process.role === "anchor" && process.numbers.length === ownDepth() + 1 && process.numbers.at(-1) === 1
    );
}

/** Whether the process still is what it was when it was found. */
export async function isAlive(process: NodeProcess): Promise<boolean> {
    const stat = await ifPresent(readFile(`/proc/${process.pid}/stat`, "utf8"));
    const fields = stat === undefined ? undefined : parseStat(stat);
    return fields?.started === process.started && fields.status !== "Z";
}

/** Sends a signal to the process, unless its number has passed to another. */
export async function signal(target: NodeProcess, name: NodeJS.Signals): Promise<void> {
    if (!(await isAlive(target))) return;
    try {
        process.kill(target.pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}

/** The parts of /proc/<pid>/stat that matter here. The name, in parentheses, may itself hold any character. */
export function parseStat(stat: string): { status: string; session: number; started: number } {
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { status: fields[0] ?? "", session: Number(fields[3]), started: Number(fields[19]) };
}

async function inspect(pid: number): Promise<NodeProcess | undefined> {
    let environment = await environmentOf(pid);
    if (environment === "" && (await ifPresent(readlink(`/proc/${pid}/exe`))) !== undefined) {
        // Most likely in the middle of becoming another program, when the kernel shows none for a moment.
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

/** Undefined also for a process that has more rights than this one, which none of the node's has. */
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

/** How many process namespaces deep this process itself is. */
function ownDepth(): number {
    depth ??= numbersOf(readFileSync("/proc/self/status", "utf8")).length;
    return depth;
}

function splitOnce(text: string, separator: string): [string, string] {
    const at = text.indexOf(separator);
    return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** When a process started, in milliseconds since 1970, to about a second. */
export async function startTime({ started }: NodeProcess): Promise<number> {
    const boot = /^btime (\d+)$/m.exec(await readFile("/proc/stat", "utf8"))?.[1];
    // The kernel tells user space of clock ticks in hundredths of a second, on every architecture that runs Go.
    const ticksPerSecond = 100;
    return (Number(boot) + started / ticksPerSecond) * 1000;
}
