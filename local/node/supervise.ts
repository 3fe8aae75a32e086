import { stat, truncate } from "node:fs/promises";
import { basename, join } from "node:path";

import { ifPresent } from "../files";
import { waitFor } from "../process";
import { endProcess, startInNode } from "./anchor";
import type { Api } from "./api";
import type { Component, ComponentName } from "./components";
import { answers } from "./health";
import { type NodeProcess, nodeProcesses } from "./processes";

/** A log is emptied at a start that finds it larger than this, in bytes. */
const maximalLog = 64 * 1024 * 1024;

/** Milliseconds without a sight of a process after which it has ended, rather than being about to start. */
const surelyGone = 2000;

/** Where and with what the daemons run. */
export interface Surroundings {
    readonly anchor: NodeProcess;
    readonly environment: Readonly<Record<string, string>>;
    readonly api: Api;
    /** Folder of the daemons' logs, on the host. */
    readonly log: string;
}

/**
 * Sees to it that exactly one process of the component runs, as it should run, and answers.
 *
 * @returns whether it had to be started
 * @throws Error when it does not answer in time, with the place of its log
 */
export async function ensureComponent(component: Component, surroundings: Surroundings): Promise<boolean> {
    const { anchor, environment, api, log } = surroundings;
    const file = join(log, `${component.name}.log`);
    await limitLog(file);
    const running = await settledProcesses(component);
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
            // A daemon that ends right after its start will not answer, however long one waits.
            if ((await settledProcesses(component)).length > 0) seen = Date.now();
            else if (Date.now() - seen > surelyGone)
                throw new Error(`${component.name} ended right after its start. Its log says why: ${file}`);
            return (await answers(component.name, anchor, api)) ? true : undefined;
        },
        () => `${component.name} runs but does not answer after 120 s. Its log may say why: ${file}`,
        { timeout: 120_000, every: 50 },
    );
    return !keep;
}

/** The processes of a component: session leaders that run its program under its mark. */
export async function daemonsOf(name: ComponentName, program: string | undefined): Promise<NodeProcess[]> {
    return (await nodeProcesses()).filter(
        (process) => process.role === name && process.leader && process.program === basename(program ?? name),
    );
}

/**
 * The component's processes, once no start of it is under way: a starter that was killed may have left a
 * helper that is about to become the daemon.
 */
async function settledProcesses(component: Component): Promise<NodeProcess[]> {
    const helpers = new Set(["nsenter", "setsid", "sh", "dash", "bash", "busybox"]);
    await waitFor(
        async () => {
            const processes = await nodeProcesses();
            const busy = processes.some(
                ({ role, program }) => role === component.name && helpers.has(program),
            );
            return busy ? undefined : true;
        },
        () => `An earlier start of ${component.name} hangs. Run "make down", then start again.`,
        { timeout: 10_000, every: 20 },
    );
    return daemonsOf(component.name, component.command[0]);
}

/** Daemons append to their logs, so emptying one under a running daemon is safe. */
async function limitLog(file: string): Promise<void> {
    const size = (await ifPresent(stat(file)))?.size ?? 0;
    if (size > maximalLog) await truncate(file);
}
