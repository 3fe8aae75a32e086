/** Creates the probers, and removes them with all their objects. */
import { setTimeout as pause } from "node:timers/promises";
import type { Platform } from "../../../components/base/platform";
import type { Cluster } from "../../lib/cluster/cluster";
import { PROBE_LABEL } from "../../lib/probers";
import { type PodObject, isReady, notDeletedReason, startFailureOf, notReadyReason } from "../cluster/pods";
import type { Kind } from "../../lib/cluster/kinds";
import { type KubeObject, keyOf } from "../../lib/drift/objects";
import { CannotVerify } from "../../lib/cluster/cannot-verify";
import { sources } from "../plan/endpoints";
import { plural } from "../../lib/plural";
import type { StatusLine } from "../status-line";
import { HASH_ANNOTATION, PROBE_SELECTOR, PROBER_KINDS, probers, supportingObjects } from "./objects";

const POLL_MS = 500;
const READY_SECONDS = 240;
/** A busy kubelet has taken more than a minute to remove the first pod. */
export const DELETION_TIMEOUT_SECONDS = 180;
/** Older probers are not reused, because they could expire during the run (LIFETIME_SECONDS). */
const REUSABLE_MS = 20 * 60 * 1000;

/** Lists the probers. */
export const LIST_PROBERS = `kubectl get pods -A -l ${PROBE_LABEL}`;
const PROBERS_HINT = `see \`${LIST_PROBERS}\``;

export interface ProberOptions {
    readonly image: string;
    /** The names of the sources that send requests by a prober. */
    readonly senders: ReadonlySet<string>;
    /** Reuse unchanged probers of an earlier run. */
    readonly reuse: boolean;
    /** Seconds without progress until terminating probers are reported as stuck. */
    readonly deletionTimeoutSeconds: number;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
}

/** Creates the temporary objects of the senders and waits for the pods. First removes leftovers of an earlier run. */
export async function startProbers(
    cluster: Cluster,
    platform: Platform,
    options: ProberOptions,
): Promise<void> {
    const { image, senders, reuse, deletionTimeoutSeconds, signal, progress } = options;
    const all = sources(platform.catalogue);
    const existing = await listPods(cluster);
    const fitting = reuse
        ? existing.filter((pod) => probers(all, platform, image).some((one) => fits(pod, one)))
        : [];
    const keep = new Set(fitting.map(keyOf));
    if (existing.length > keep.size) {
        progress.step("removing leftovers of an earlier run");
        const stuck = await removeAll(
            cluster,
            existing.filter((pod) => !keep.has(keyOf(pod))),
            deletionTimeoutSeconds,
        );
        if (stuck.length > 0) {
            throw new CannotVerify(
                `${plural(stuck.length, "prober")} of an earlier run cannot be removed, such as ${stuck[0] ?? ""}`,
                `${PROBERS_HINT}; if their Kubernetes node is gone, \`kubectl delete pods -A -l ${PROBE_LABEL} --force\``,
            );
        }
    }
    const desired = probers(
        all.filter(({ name }) => senders.has(name)),
        platform,
        image,
    );
    if (desired.length === 0) return;
    await Promise.all(supportingObjects(platform).map((object) => cluster.apply(object)));
    await Promise.all(desired.filter((pod) => !keep.has(keyOf(pod))).map((pod) => cluster.apply(pod)));
    await waitUntil(READY_SECONDS, signal, async () => {
        const keys = new Set(desired.map(keyOf));
        const pods = (await listPods(cluster)).filter((pod) => keys.has(keyOf(pod)));
        const ready = pods.filter(isReady).length;
        progress.count("probers ready", ready, desired.length);
        const trouble = pods.flatMap((pod) => startFailureOf(pod) ?? []);
        if (trouble.length > 0) {
            throw new CannotVerify(
                `a prober cannot start: ${trouble[0] ?? ""}`,
                "see `kubectl describe pod`; probers run the image of the stand-ins",
            );
        }
        const [unready] = pods.filter((pod) => !isReady(pod)).map(notReadyReason);
        if (ready === desired.length) return undefined;
        return `${desired.length - ready} of ${desired.length} probers are not ready (${unready ?? "not created"})`;
    });
}

/**
 * Removes all temporary objects, and waits until the probers are deleted.
 *
 * @returns the probers that were not deleted, with the reason as far as known
 */
export async function stopProbers(cluster: Cluster, deletionTimeoutSeconds: number): Promise<string[]> {
    const lists = await Promise.all(
        PROBER_KINDS.map((kind) => cluster.list(kind, { labelSelector: PROBE_SELECTOR })),
    );
    return await removeAll(cluster, lists.flat(), deletionTimeoutSeconds);
}

async function removeAll(
    cluster: Cluster,
    objects: readonly KubeObject[],
    deletionTimeoutSeconds: number,
): Promise<string[]> {
    await Promise.all(
        objects.map(({ kind, metadata: { namespace = "", name } }) =>
            cluster.remove(kind as Kind, namespace, name),
        ),
    );
    const deleted = new Set(objects.map(keyOf));
    let minLeft = Infinity;
    let since = Date.now();
    // Not interruptible, so that an interrupted run also cleans up.
    for (;;) {
        const left = (await listPods(cluster)).filter((pod) => deleted.has(keyOf(pod)));
        if (left.length === 0) return [];
        if (left.length < minLeft) {
            minLeft = left.length;
            since = Date.now();
        }
        if (Date.now() - since > deletionTimeoutSeconds * 1000) return left.map(notDeletedReason);
        await pause(POLL_MS);
    }
}

async function listPods(cluster: Cluster): Promise<PodObject[]> {
    return await cluster.list("Pod", { labelSelector: PROBE_SELECTOR });
}

function fits(pod: PodObject, desired: KubeObject): boolean {
    return (
        keyOf(pod) === keyOf(desired) &&
        pod.metadata.annotations?.[HASH_ANNOTATION] === desired.metadata.annotations?.[HASH_ANNOTATION] &&
        isReady(pod) &&
        Date.now() - Date.parse(pod.metadata.creationTimestamp ?? new Date().toISOString()) < REUSABLE_MS
    );
}

/** Polls until `pending` returns undefined. */
async function waitUntil(
    seconds: number,
    signal: AbortSignal,
    pending: () => Promise<string | undefined>,
): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        signal.throwIfAborted();
        const what = await pending();
        if (what === undefined) return;
        if (Date.now() > deadline) {
            throw new CannotVerify(`${what} after ${seconds} s`, PROBERS_HINT);
        }
        await pause(POLL_MS, undefined, { signal });
    }
}
