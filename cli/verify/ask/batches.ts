/** Has checks made in pods: all of one pod in one command, some pods at the same time. */
import { setTimeout as pause } from "node:timers/promises";
import type { Cluster } from "../cluster/cluster";
import { isInconclusive, judge } from "../judge";
import type { Check, Finding } from "../model";
import type { StatusLine } from "../status-line";
import { tries } from "./tries";
import { type Credentials, parseResults, toProbe } from "./wire";

/** The pod that makes checks. */
export interface Asker {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
}

export interface Batch {
    readonly asker: Asker;
    readonly checks: readonly Check[];
}

export interface AskOptions {
    readonly credentials: Credentials;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
    /** For the progress. */
    readonly title: string;
    /** By how much a timeout may be late. @default what a machine that is not busy takes */
    readonly toleranceMs?: number;
}

/** Pods that ask at the same time, and requests of each: 32 in flight are what two cores answer without timeouts. */
const PODS_AT_ONCE = 4;
const REQUESTS_AT_ONCE = 8;
const COMMAND_SECONDS = 180;
/** How often a request is made again of which nothing was learned: a busy machine may be so for some seconds. */
const ROUNDS_AGAIN = 3;
/** Before each of them. */
const PAUSE_MS = 2000;

/** All findings, in the order of the checks. */
export async function ask(
    cluster: Cluster,
    batches: readonly Batch[],
    options: AskOptions,
): Promise<Finding[]> {
    const total = batches.reduce((sum, { checks }) => sum + checks.length, 0);
    let done = 0;
    const findings = await pooled(batches, PODS_AT_ONCE, async (batch) => {
        const found = await askBatch(cluster, batch, options);
        done += batch.checks.length;
        options.progress.count(options.title, done, total);
        return found;
    });
    return findings.flat();
}

/**
 * Asks again where nothing was learned: all findings, with the new ones in place, and those that they replace, of a request
 * that was made again twice both.
 */
export async function askAgain(
    cluster: Cluster,
    batches: readonly Batch[],
    findings: readonly Finding[],
    options: AskOptions,
): Promise<{ findings: Finding[]; repeated: Finding[] }> {
    let last = [...findings];
    const repeated: Finding[] = [];
    for (let round = 0; round < ROUNDS_AGAIN && last.some(isInconclusive); round++) {
        await pause(PAUSE_MS, undefined, { signal: options.signal });
        const inconclusive = last.filter(isInconclusive);
        repeated.push(...inconclusive);
        const again = new Set(inconclusive.map(({ check }) => check.id));
        const open = batches
            .map(({ asker, checks }) => ({ asker, checks: checks.filter(({ id }) => again.has(id)) }))
            .filter(({ checks }) => checks.length > 0);
        const news = new Map((await ask(cluster, open, options)).map((one) => [one.check.id, one]));
        last = last.map((old) => news.get(old.check.id) ?? old);
    }
    return { findings: last, repeated };
}

async function askBatch(cluster: Cluster, { asker, checks }: Batch, options: AskOptions): Promise<Finding[]> {
    const findings = new Map<string, Finding>();
    let broken = -1;
    await tries(`asking from ${asker.namespace}/${asker.pod}`, options.signal, async () => {
        broken += 1;
        // After a connection broke, only what has no result yet.
        const open = new Map(checks.filter(({ id }) => !findings.has(id)).map((check) => [check.id, check]));
        const { code, stdout, stderr } = await cluster.exec({
            ...asker,
            command: ["/standin", "probe", "--concurrency", String(REQUESTS_AT_ONCE)],
            stdin: JSON.stringify([...open.values()].map((check) => toProbe(check, options.credentials))),
            timeoutSeconds: COMMAND_SECONDS,
            signal: options.signal,
        });
        for (const result of parseResults(stdout)) {
            const check = open.get(result.id);
            if (check === undefined) continue;
            // Those whose answers were lost with a connection were made all the same, and counted by who was asked.
            const made = { ...result, attempts: result.attempts + broken };
            findings.set(check.id, judge(check, made, options.toleranceMs));
        }
        if (code !== 0) throw new Error(`exit code ${code}: ${stderr.trim()}`);
        return findings.size === checks.length;
    });
    return checks.flatMap(({ id }) => findings.get(id) ?? []);
}

/** Maps with at most `size` at a time; the first error stops what has not begun. */
export async function pooled<In, Out>(
    items: readonly In[],
    size: number,
    work: (item: In) => Promise<Out>,
): Promise<Out[]> {
    const results = new Array<Out>(items.length);
    let next = 0;
    const worker = async () => {
        for (let index = next++; index < items.length; index = next++) {
            try {
                results[index] = await work(items[index] as In);
            } catch (error) {
                next = items.length;
                throw error;
            }
        }
    };
    const workers = await Promise.allSettled(Array.from({ length: Math.min(size, items.length) }, worker));
    for (const result of workers) if (result.status === "rejected") throw result.reason;
    return results;
}
