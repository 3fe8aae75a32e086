/** Waits until what was applied last has reached the sidecars. */
import { setTimeout as pause } from "node:timers/promises";
import type { KubeObject } from "../drift/objects";
import type { Progress } from "../progress";

/** istiod gathers changes for up to 10 s before it pushes them. */
const PROPAGATION_MS = 12_000;

/** @param objects those whose changes matter. A deletion cannot be seen: it shows as drift all the same. */
export async function settle(
    objects: readonly KubeObject[],
    { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<void> {
    const left = waitFor(objects, Date.now());
    if (left === 0) return;
    progress.step("waiting for the latest changes to reach the sidecars");
    await pause(left, undefined, { signal });
}

/** How many milliseconds are left until the latest change is old enough; bounded, should clocks disagree. */
export function waitFor(objects: readonly KubeObject[], now: number): number {
    const times = objects.flatMap(({ metadata }) =>
        (metadata.managedFields ?? []).map(({ time }) => Date.parse(time ?? "")),
    );
    const latest = Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
    return Math.min(PROPAGATION_MS, Math.max(0, latest + PROPAGATION_MS - now));
}
