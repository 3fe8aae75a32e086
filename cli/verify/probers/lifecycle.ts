/** Brings the probers up, and takes every trace of them away again. */
import { setTimeout as pause } from "node:timers/promises";
import type { Platform } from "../../../components/base/platform";
import type { Cluster } from "../cluster/cluster";
import { type PodObject, isReady, staysFor, troubleOf, waitsFor } from "../cluster/pods";
import type { Kind } from "../cluster/kinds";
import { type KubeObject, keyOf } from "../drift/objects";
import { CannotVerify } from "../errors";
import type { StatusLine } from "../status-line";
import {
    HASH_ANNOTATION,
    PROBE_LABEL,
    PROBE_SELECTOR,
    TEMPORARY_KINDS,
    probers,
    surroundings,
} from "./objects";

const POLL_MS = 500;
const READY_SECONDS = 240;
/** A kubelet with much to do has been seen to take more than a minute until the first one went. */
export const GONE_SECONDS = 180;
/** A kept prober is taken over only if it outlives the run: see LIFETIME_SECONDS. */
const REUSABLE_MS = 20 * 60 * 1000;

/** Shows them. */
export const LIST_PROBERS = `kubectl get pods -A -l ${PROBE_LABEL}`;
const SEE_PROBERS = `see \`${LIST_PROBERS}\``;

export interface ProberOptions {
    readonly image: string;
    /** Take over probers of an earlier run that still fit. */
    readonly reuse: boolean;
    /** Those that are to go count as stuck once none went for so long. */
    readonly goneSeconds: number;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
}

/** Creates all temporary objects and waits for the pods. What an earlier run left is removed first. */
export async function startProbers(
    cluster: Cluster,
    platform: Platform,
    options: ProberOptions,
): Promise<void> {
    const { image, reuse, goneSeconds, signal, progress } = options;
    const wanted = probers(platform, image);
    const existing = await listPods(cluster);
    const fitting = reuse ? existing.filter((pod) => wanted.some((one) => fits(pod, one))) : [];
    const keep = new Set(fitting.map(keyOf));
    if (existing.length > keep.size) {
        progress.step("removing what an earlier run left");
        const stuck = await removeAll(
            cluster,
            existing.filter((pod) => !keep.has(keyOf(pod))),
            goneSeconds,
        );
        if (stuck.length > 0) {
            throw new CannotVerify(
                `${stuck.length} probers of an earlier run do not go away, such as ${stuck[0] ?? ""}`,
                `${SEE_PROBERS}; where their node is gone, \`kubectl delete pods -A -l ${PROBE_LABEL} --force\``,
            );
        }
    }
    await Promise.all(surroundings(platform).map((object) => cluster.apply(object)));
    await Promise.all(wanted.filter((pod) => !keep.has(keyOf(pod))).map((pod) => cluster.apply(pod)));
    await waitUntil(READY_SECONDS, signal, async () => {
        const pods = await listPods(cluster);
        const ready = pods.filter(isReady).length;
        progress.count("probers ready", ready, wanted.length);
        const trouble = pods.flatMap((pod) => troubleOf(pod) ?? []);
        if (trouble.length > 0) {
            throw new CannotVerify(
                `a prober cannot start: ${trouble[0] ?? ""}`,
                "see `kubectl describe pod` of it; its image is the stand-ins'",
            );
        }
        const [unready] = pods.filter((pod) => !isReady(pod)).map(waitsFor);
        if (ready === wanted.length) return undefined;
        return `${wanted.length - ready} of ${wanted.length} probers are not ready (${unready ?? "not created"})`;
    });
}

/**
 * Removes every temporary object, and waits until the probers are gone.
 *
 * @returns those that are not, and what is known of why
 */
export async function stopProbers(cluster: Cluster, goneSeconds: number): Promise<string[]> {
    const lists = await Promise.all(
        TEMPORARY_KINDS.map((kind) => cluster.list(kind, { labelSelector: PROBE_SELECTOR })),
    );
    return await removeAll(cluster, lists.flat(), goneSeconds);
}

async function removeAll(
    cluster: Cluster,
    objects: readonly KubeObject[],
    goneSeconds: number,
): Promise<string[]> {
    await Promise.all(
        objects.map(({ kind, metadata: { namespace = "", name } }) =>
            cluster.remove(kind as Kind, namespace, name),
        ),
    );
    const going = new Set(objects.map(keyOf));
    let fewest = Infinity;
    let since = Date.now();
    // Not interruptible: what is asked to go is seen gone.
    for (;;) {
        const left = (await listPods(cluster)).filter((pod) => going.has(keyOf(pod)));
        if (left.length === 0) return [];
        if (left.length < fewest) {
            fewest = left.length;
            since = Date.now();
        }
        if (Date.now() - since > goneSeconds * 1000) return left.map(staysFor);
        await pause(POLL_MS);
    }
}

async function listPods(cluster: Cluster): Promise<PodObject[]> {
    return await cluster.list("Pod", { labelSelector: PROBE_SELECTOR });
}

function fits(pod: PodObject, wanted: KubeObject): boolean {
    return (
        keyOf(pod) === keyOf(wanted) &&
        pod.metadata.annotations?.[HASH_ANNOTATION] === wanted.metadata.annotations?.[HASH_ANNOTATION] &&
        isReady(pod) &&
        Date.now() - Date.parse(pod.metadata.creationTimestamp ?? new Date().toISOString()) < REUSABLE_MS
    );
}

/** Asks again and again until `left` has nothing to say. */
async function waitUntil(
    seconds: number,
    signal: AbortSignal,
    left: () => Promise<string | undefined>,
): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        signal.throwIfAborted();
        const what = await left();
        if (what === undefined) return;
        if (Date.now() > deadline) {
            throw new CannotVerify(`${what} after ${seconds} s`, SEE_PROBERS);
        }
        await pause(POLL_MS, undefined, { signal });
    }
}
