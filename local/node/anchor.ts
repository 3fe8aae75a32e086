import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "../digest";
import { run, type RunOptions, sleep, waitFor } from "../process";
import type { Toolchain } from "../toolchain";
import { ensureCgroups, removeCgroups } from "./cgroups";
import { removeCable } from "./network";
import { otherNode } from "./other-node";
import { isAlive, isAnchor, marks, type NodeProcess, nodeProcesses, signal } from "./processes";
import { settings, stateFolders } from "./settings";

const scripts = join(__dirname, "scripts");

/** A node's namespaces, held open by their first process. */
export interface Anchor {
    readonly process: NodeProcess;
    /** Whether this call made it, so that everything in it must be started. */
    readonly fresh: boolean;
}

/** The anchor of this machine's node, whatever state folder it runs from. */
export async function findAnchor(): Promise<NodeProcess | undefined> {
    return (await nodeProcesses()).find((process) => isAnchor(process) && process.program === "tini");
}

/**
 * Makes the node's namespaces unless they are there already, made from the same scripts and folders.
 * Making them anew is to the node what switching it off and on is to a machine.
 */
export async function ensureAnchor(state: string, toolchain: Toolchain): Promise<Anchor> {
    const [join_, anchor] = await Promise.all(
        ["join.sh", "anchor.sh"].map((name) => readFile(join(scripts, name), "utf8")),
    );
    // A folder that was removed and made again is another folder to those who have the old one mounted.
    const mounted = await stat(toolchain.folder);
    const digest = digestOf({
        scripts: [join_ ?? "", anchor ?? ""],
        toolchain: toolchain.folder,
        inode: mounted.ino,
    });
    const existing = await findAnchor();
    if (existing?.digest === digest && existing.state === state) return { process: existing, fresh: false };
    await removeNamespaces(state);
    await ensureCgroups();
    for (const folder of Object.keys(stateFolders))
        await mkdir(join(state, folder), { recursive: true, mode: 0o700 });
    const log = join(state, "log", "anchor.log");
    const output = openSync(log, "a", 0o600);
    const namespaces = ["--mount", "--propagation", "slave", "--pid", "--fork", "--net", "--uts", "--ipc"];
    const inner = ["/bin/sh", "-c", anchor ?? "", "anchor", state, toolchain.folder, settings.nodeName];
    const child = spawn(
        "/bin/sh",
        ["-c", join_ ?? "", "join", "unshare", ...namespaces, "--", ...inner, toolchain.program("tini")],
        {
            detached: true,
            stdio: ["ignore", output, output],
            env: markedEnvironment("anchor", digest, state),
        },
    );
    closeSync(output);
    child.unref();
    let failed = false;
    child.once("exit", () => (failed = true));
    child.once("error", () => (failed = true));
    const process = await waitFor(
        async () => {
            if (failed) throw new Error(`The node's namespaces could not be made. See ${log}.`);
            return findAnchor();
        },
        () => `The node's namespaces are not there after 30 s. See ${log}.`,
        { timeout: 30_000, every: 20 },
    );
    return { process, fresh: true };
}

/**
 * Ends everything that runs in the node, with its namespaces, cable and control groups. Without its first
 * process the kernel ends all others in the process namespace, so this is one kill, and then waiting.
 *
 * @throws Error naming the processes that would not end, or the node of another state folder that runs
 */
export async function removeNamespaces(state: string): Promise<void> {
    const all = await nodeProcesses();
    const other = all.find((process) => isAnchor(process) && process.state !== state);
    // There is one cable and one control group on a machine, and they are that node's.
    if (other) throw new Error(otherNode(other.state));
    for (const process of all.filter(isAnchor)) await signal(process, "SIGKILL");
    const deadline = Date.now() + 15_000;
    for (;;) {
        const left = (await nodeProcesses()).filter((process) => process.state === state);
        if (left.length === 0) break;
        // Those outside of the namespaces, such as a starter's helper caught half-way, are ended one by one.
        for (const process of left.filter((candidate) => !isAnchor(candidate)))
            await signal(process, "SIGKILL");
        if (Date.now() > deadline) {
            const names = left.map((process) => `${process.program} (${process.pid})`).join(", ");
            throw new Error(
                `These processes of the node do not end: ${names}. They wait on the kernel; see dmesg.`,
            );
        }
        await sleep(50);
    }
    await removeCable();
    await removeCgroups();
}

/** Runs a command inside the node, as its daemons see the world, and returns its standard output. */
export async function runInNode(
    anchor: NodeProcess,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
    options: Omit<RunOptions, "env"> = {},
): Promise<string> {
    return run("nsenter", [...enter(anchor), ...command], { ...options, env: { ...environment } });
}

/** Starts a daemon inside the node. It outlives this process; its output is appended to the log file. */
export async function startInNode(
    anchor: NodeProcess,
    daemon: { readonly role: string; readonly digest: string; readonly command: readonly string[] },
    environment: Readonly<Record<string, string>>,
    log: string,
): Promise<void> {
    const [join_, launch] = await Promise.all(
        ["join.sh", "launch.sh"].map((name) => readFile(join(scripts, name), "utf8")),
    );
    const output = openSync(log, "a", 0o600);
    const wrapped = [
        "/bin/sh",
        "-c",
        join_ ?? "",
        "join",
        "/bin/sh",
        "-c",
        launch ?? "",
        "launch",
        ...daemon.command,
    ];
    const child = spawn("nsenter", [...enter(anchor), ...wrapped], {
        stdio: ["ignore", output, output],
        env: { ...markedEnvironment(daemon.role, daemon.digest, anchor.state), ...environment },
    });
    closeSync(output);
    await new Promise<void>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (code) => {
            if (code === 0) resolve();
            else reject(new Error(`${daemon.role} could not be started. See ${log}.`));
        });
    });
}

/** Ends one process of the node's, gently first. */
export async function endProcess(process: NodeProcess, patience = 10_000): Promise<void> {
    await signal(process, "SIGTERM");
    const deadline = Date.now() + patience;
    while (await isAlive(process)) {
        if (Date.now() > deadline) await signal(process, "SIGKILL");
        await sleep(50);
    }
}

function enter(anchor: NodeProcess): string[] {
    return ["--target", String(anchor.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--"];
}

function markedEnvironment(role: string, digest: string, state: string): Record<string, string> {
    return {
        [marks.role]: role,
        [marks.digest]: digest,
        [marks.state]: state,
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    };
}
