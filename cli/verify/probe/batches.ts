/** Runs checks in pods: all checks of a pod with one command, several pods concurrently. */
import { setTimeout as pause } from "node:timers/promises";
import type { Cluster } from "../../lib/cluster/cluster";
import { isInconclusive, assess } from "../assess";
import type { Check, CheckResult } from "../model";
import type { StatusLine } from "../status-line";
import { withRetries } from "./retry";
import { type Credentials, parseResults, toProbe } from "./wire";

/** A pod that sends the requests of checks. */
export interface ProbePod {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
}

export interface Batch {
    readonly pod: ProbePod;
    readonly checks: readonly Check[];
}

export interface ProbeOptions {
    readonly credentials: Credentials;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
    /** Progress title. */
    readonly title: string;
    /** How late a timeout may be. @default the tolerance of an idle machine */
    readonly toleranceMs?: number;
}

/** Concurrent pods, and requests per pod: two cores handle 32 requests in flight without timeouts. */
const MAX_PODS = 4;
/** If callees delay requests: waiting uses no CPU. */
const MAX_WAITING_PODS = 8;
const MAX_REQUESTS_PER_POD = 8;
const COMMAND_SECONDS = 180;
/** How often inconclusive requests are retried: a machine can be overloaded for some seconds. */
const RETRY_ROUNDS = 3;
/** Delay before each round. */
const RETRY_DELAY_MS = 2000;

/** Runs all batches, those with the longest delays first. Results are in the order of the checks. */
export async function runBatches(
    cluster: Cluster,
    batches: readonly Batch[],
    options: ProbeOptions,
): Promise<CheckResult[]> {
    const total = batches.reduce((sum, { checks }) => sum + checks.length, 0);
    let done = 0;
    const results = new Map<Batch, readonly CheckResult[]>();
    const longestFirst = [...batches].sort((a, b) => maxDelay(b) - maxDelay(a));
    const maxPods =
        longestFirst[0] !== undefined && maxDelay(longestFirst[0]) > 0 ? MAX_WAITING_PODS : MAX_PODS;
    await mapConcurrently(longestFirst, maxPods, async (batch) => {
        results.set(batch, await runBatch(cluster, batch, options));
        done += batch.checks.length;
        options.progress.count(options.title, done, total);
    });
    return batches.flatMap((batch) => results.get(batch) ?? []);
}

function maxDelay({ checks }: Batch): number {
    return Math.max(
        0,
        ...checks.map(({ behavior }) => (behavior?.kind === "delay" ? behavior.milliseconds : 0)),
    );
}

/**
 * Retries inconclusive checks. Returns all results with the latest of each check, and separately the results that were
 * replaced.
 */
export async function retryInconclusive(
    cluster: Cluster,
    batches: readonly Batch[],
    results: readonly CheckResult[],
    options: ProbeOptions,
): Promise<{ results: CheckResult[]; retried: CheckResult[] }> {
    let last = [...results];
    const retried: CheckResult[] = [];
    for (let round = 0; round < RETRY_ROUNDS && last.some(isInconclusive); round++) {
        await pause(RETRY_DELAY_MS, undefined, { signal: options.signal });
        const inconclusive = last.filter(isInconclusive);
        retried.push(...inconclusive);
        const retryIds = new Set(inconclusive.map(({ check }) => check.id));
        const pending = batches
            .map(({ pod, checks }) => ({ pod, checks: checks.filter(({ id }) => retryIds.has(id)) }))
            .filter(({ checks }) => checks.length > 0);
        const latest = new Map(
            (await runBatches(cluster, pending, options)).map((one) => [one.check.id, one]),
        );
        last = last.map((old) => latest.get(old.check.id) ?? old);
    }
    return { results: last, retried };
}

async function runBatch(
    cluster: Cluster,
    { pod, checks }: Batch,
    options: ProbeOptions,
): Promise<CheckResult[]> {
    const results = new Map<string, CheckResult>();
    let brokenConnections = -1;
    await withRetries(`sending requests from ${pod.namespace}/${pod.pod}`, options.signal, async () => {
        brokenConnections += 1;
        // After a broken connection, run only the checks without a result.
        const pending = new Map(
            checks.filter(({ id }) => !results.has(id)).map((check) => [check.id, check]),
        );
        const { code, stdout, stderr } = await cluster.exec({
            ...pod,
            command: ["/standin", "probe", "--concurrency", String(MAX_REQUESTS_PER_POD)],
            stdin: JSON.stringify([...pending.values()].map((check) => toProbe(check, options.credentials))),
            timeoutSeconds: COMMAND_SECONDS,
            signal: options.signal,
        });
        for (const result of parseResults(stdout)) {
            const check = pending.get(result.id);
            if (check === undefined) continue;
            // Requests whose results were lost with a connection were sent all the same, and counted by the callee.
            const made = { ...result, attempts: result.attempts + brokenConnections };
            results.set(check.id, assess(check, made, options.toleranceMs));
        }
        if (code !== 0) throw new Error(`exit code ${code}: ${stderr.trim()}`);
        return results.size === checks.length;
    });
    return checks.flatMap(({ id }) => results.get(id) ?? []);
}

/** Maps with a concurrency of `size`. After the first error, no further items start. */
export async function mapConcurrently<In, Out>(
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
