import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "../lib/digest";
import { run, type RunOptions, sleep, waitFor } from "../lib/process";
import type { Toolchain } from "../toolchain";
import { ensureCgroups, removeCgroups } from "./cgroups";
import { removeVethPair } from "./network";
import { otherNode } from "./other-node";
import { isAlive, isAnchor, marks, type NodeProcess, nodeProcesses, signal } from "./processes";
import { settings, stateFolders } from "./settings";

const scripts = join(__dirname, "scripts");

/** A node's namespaces, kept alive by their first process. */
export interface Anchor {
    readonly process: NodeProcess;
    /** Whether this call created it, so that all daemons must be started. */
    readonly fresh: boolean;
}

/** The anchor of this machine's node, from any state folder. */
export async function findAnchor(): Promise<NodeProcess | undefined> {
    return (await nodeProcesses()).find((process) => isAnchor(process) && process.program === "tini");
}

/**
 * Creates the node's namespaces unless they exist, created from the same scripts and folders. Recreating them is a reboot of
 * the node.
 */
export async function ensureAnchor(state: string, toolchain: Toolchain): Promise<Anchor> {
    const [join_, anchor] = await Promise.all(
        ["join.sh", "anchor.sh"].map((name) => readFile(join(scripts, name), "utf8")),
    );
    // A folder that was removed and recreated is not the one that is mounted in existing namespaces.
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
            if (failed) throw new Error(`The node's namespaces could not be created. See ${log}.`);
            return findAnchor();
        },
        () => `The node's namespaces do not exist after 30 s. See ${log}.`,
        { timeout: 30_000, every: 20 },
    );
    return { process, fresh: true };
}

/**
 * Kills everything that runs in the node, and removes its namespaces, veth pair and control groups. When the first process of
 * a PID namespace ends, the kernel kills all others in it, so this sends one signal and then waits.
 *
 * @throws Error with the processes that do not end, or with the running node of another state folder
 */
export async function removeNamespaces(state: string): Promise<void> {
    const all = await nodeProcesses();
    const other = all.find((process) => isAnchor(process) && process.state !== state);
    // The machine's only veth pair and control group belong to that node.
    if (other) throw new Error(otherNode(other.state));
    for (const process of all.filter(isAnchor)) await signal(process, "SIGKILL");
    const deadline = Date.now() + 15_000;
    for (;;) {
        const left = (await nodeProcesses()).filter((process) => process.state === state);
        if (left.length === 0) break;
        // Processes that are not in the namespaces, such as a helper of an interrupted start, are killed one by one.
        for (const process of left.filter((candidate) => !isAnchor(candidate)))
            await signal(process, "SIGKILL");
        if (Date.now() > deadline) {
            const names = left.map((process) => `${process.program} (${process.pid})`).join(", ");
            throw new Error(
                `These processes of the node do not end: ${names}. They are blocked in the kernel; see dmesg.`,
            );
        }
        await sleep(50);
    }
    await removeVethPair();
    await removeCgroups();
}

/** Runs a command in the node's namespaces and returns its standard output. */
export async function runInNode(
    anchor: NodeProcess,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
    options: Omit<RunOptions, "env"> = {},
): Promise<string> {
    return run("nsenter", [...enter(anchor), ...command], { ...options, env: { ...environment } });
}

/** Starts a daemon in the node. It outlives this process; its output is appended to the log file. */
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
            else reject(new Error(`${daemon.role} failed to start. See ${log}.`));
        });
    });
}

/** Ends one process of the node: SIGTERM first, then SIGKILL. */
export async function endProcess(process: NodeProcess, graceMs = 10_000): Promise<void> {
    await signal(process, "SIGTERM");
    const deadline = Date.now() + graceMs;
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
