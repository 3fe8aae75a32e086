import { setTimeout as pause } from "node:timers/promises";

/**
 * Envoy applies a changed policy or filter to open connections only after draining them: within 45 s in a sidecar, and later behind
 * a load balancer (docs/adr/0010-edge.md).
 */
const DRAINED_MS = 60_000;

/** Retries `assertion` until it passes, for as long as old connections may live; then throws its last error. */
export async function eventually(assertion: () => Promise<void>, within = DRAINED_MS): Promise<void> {
    for (const end = Date.now() + within; ;) {
        try {
            await assertion();
            return;
        } catch (error) {
            if (Date.now() >= end) throw error;
            await pause(1_000);
        }
    }
}
