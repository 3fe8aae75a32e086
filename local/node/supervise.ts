import { stat, truncate } from "node:fs/promises";
import { basename, join } from "node:path";

import { ifPresent } from "../lib/files";
import { waitFor } from "../lib/process";
import { endProcess, startInNode } from "./anchor";
import type { Api } from "./api";
import type { Component, ComponentName } from "./components";
import { isResponding } from "./health";
import { type NodeProcess, nodeProcesses } from "./processes";

/** A start truncates a log that is larger than this, in bytes. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** A process that has not been seen for this long has ended (rather than not started yet). */
const ENDED_AFTER_MS = 2000;

/** The environment of the daemons. */
export interface DaemonContext {
    readonly anchor: NodeProcess;
    readonly environment: Readonly<Record<string, string>>;
    readonly api: Api;
    /** The folder of the daemons' logs on the host. */
    readonly log: string;
}

/**
 * Ensures that exactly one up-to-date process of the component runs and responds.
 *
 * @returns whether it was started
 * @throws Error if it does not respond in time, with the path of its log
 */
export async function ensureComponent(component: Component, context: DaemonContext): Promise<boolean> {
    const { anchor, environment, api, log } = context;
    const file = join(log, `${component.name}.log`);
    await limitLog(file);
    const running = await stableProcesses(component);
    const good = running.filter((process) => process.digest === component.digest);
    const [keep, ...surplus] = good.sort((a, b) => a.started - b.started);
    const outdated = running.filter((process) => process.digest !== component.digest);
    for (const process of [...surplus, ...outdated]) await endProcess(process);
    if (!keep) {
        const { name: role, digest, command } = component;
        await startInNode(anchor, { role, digest, command }, environment, file);
    }
    let seen = Date.now();
    await waitFor(
        async () => {
            // A daemon that has ended right after its start will never respond.
            if ((await stableProcesses(component)).length > 0) seen = Date.now();
            else if (Date.now() - seen > ENDED_AFTER_MS)
                throw new Error(`${component.name} exited right after its start. See its log: ${file}`);
            return (await isResponding(component.name, anchor, api)) ? true : undefined;
        },
        () => `${component.name} runs, but has not responded within 120 s. See its log: ${file}`,
        { timeout: 120_000, every: 50 },
    );
    return !keep;
}

/** The processes of a component: session leaders with its program and role. */
export async function daemonsOf(name: ComponentName, program: string | undefined): Promise<NodeProcess[]> {
    return (await nodeProcesses()).filter(
        (process) => process.role === name && process.leader && process.program === basename(program ?? name),
    );
}

/**
 * The component's processes, once no start is in progress: a run that was killed can leave a helper process that is about
 * to become the daemon.
 */
async function stableProcesses(component: Component): Promise<NodeProcess[]> {
    const helpers = new Set(["nsenter", "setsid", "sh", "dash", "bash", "busybox"]);
    await waitFor(
        async () => {
            const processes = await nodeProcesses();
            const busy = processes.some(
                ({ role, program }) => role === component.name && helpers.has(program),
            );
            return busy ? undefined : true;
        },
        () => `A previous start of ${component.name} hangs. Run "make down", then start again.`,
        { timeout: 10_000, every: 20 },
    );
    return daemonsOf(component.name, component.command[0]);
}

/** Daemons append to their logs, so truncating the log of a running daemon is safe. */
async function limitLog(file: string): Promise<void> {
    const size = (await ifPresent(stat(file)))?.size ?? 0;
    if (size > MAX_LOG_BYTES) await truncate(file);
}
