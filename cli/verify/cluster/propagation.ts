/** Waits until the latest configuration changes have reached the proxies. */
import { setTimeout as pause } from "node:timers/promises";
import type { MeshConfig } from "../../../config/schema";
import type { KubeObject } from "../../lib/drift/objects";
import type { StatusLine } from "../status-line";

/** istiod debounces changes for up to 10 s before it pushes them (PILOT_DEBOUNCE_MAX). */
const PUSHED_MS = 12_000;
/** Istio's `drainDuration`, unless the stack sets `istio.drainSeconds`. */
const DEFAULT_DRAIN_SECONDS = 45;
/** From a change until a sidecar starts to drain. */
const DRAIN_STARTS_MS = 5_000;

/**
 * Envoy applies the old policies to existing connections until it has drained them. Sidecars keep connections open, so
 * a request can use such a connection.
 */
export function drainedMs({ istio }: Pick<MeshConfig, "istio">): number {
    return (istio.drainSeconds ?? DEFAULT_DRAIN_SECONDS) * 1000 + DRAIN_STARTS_MS;
}

export interface PropagationOptions {
    /** How long the pods that send the next requests may use old connections; 0 if they have none. */
    readonly drainedMs: number;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
}

/** @param objects the objects whose changes matter. Deletions are not visible here; they are reported as drift. */
export async function waitForPropagation(
    objects: readonly KubeObject[],
    options: PropagationOptions,
): Promise<void> {
    const left = remainingMs(objects, Math.max(options.drainedMs, PUSHED_MS), Date.now());
    if (left === 0) return;
    options.progress.step(`waiting ${Math.ceil(left / 1000)} s for the latest changes to propagate`);
    await pause(left, undefined, { signal: options.signal });
}

/** Milliseconds until the latest change is `age` old; at most `age`, in case of clock skew. */
export function remainingMs(objects: readonly KubeObject[], age: number, now: number): number {
    const times = objects.flatMap(({ metadata }) => {
        return (metadata.managedFields ?? []).map(({ time = "" }) => Date.parse(time));
    });
    const latest = Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
    return Math.min(age, Math.max(0, latest + age - now));
}
