/** Waits until what was applied last has reached the sidecars. */
import { setTimeout as pause } from "node:timers/promises";
import type { KubeObject } from "../drift/objects";
import type { StatusLine } from "../status-line";

/** istiod gathers changes for up to 10 s before it pushes them. */
const PUSHED_MS = 12_000;
/**
 * Envoy serves a connection that is open already by the policies under which it was opened, until it has drained the
 * old ones: 45 s, Istio's `drainDuration`. Sidecars keep connections open, so that a request may travel on such a one.
 */
const DRAINED_MS = 50_000;

export interface SettleOptions {
    /** Whether whoever asks next may have asked before, and hold connections from then. */
    readonly connected: boolean;
    readonly signal: AbortSignal;
    readonly progress: StatusLine;
}

/** @param objects those whose changes matter. A deletion cannot be seen here; it shows as drift. */
export async function settle(objects: readonly KubeObject[], options: SettleOptions): Promise<void> {
    const left = waitFor(objects, options.connected ? DRAINED_MS : PUSHED_MS, Date.now());
    if (left === 0) return;
    options.progress.step(
        `waiting ${Math.ceil(left / 1000)} s for the latest changes to be in force everywhere`,
    );
    await pause(left, undefined, { signal: options.signal });
}

/** How many milliseconds are left until the latest change is `age` old; bounded, should clocks disagree. */
export function waitFor(objects: readonly KubeObject[], age: number, now: number): number {
    const times = objects.flatMap(({ metadata }) => {
        return (metadata.managedFields ?? []).map(({ time = "" }) => Date.parse(time));
    });
    const latest = Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
    return Math.min(age, Math.max(0, latest + age - now));
}
