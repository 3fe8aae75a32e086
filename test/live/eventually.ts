import { setTimeout as pause } from "node:timers/promises";

/**
 * A policy or filter that changed holds for open connections only once Envoy has drained them: within 45 s in a sidecar,
 * and longer behind a load balancer (docs/adr/0010-the-edge.md).
 */
const DRAINED_MS = 60_000;

/** Tries `assertion` until it holds, for as long as old connections may live; then what it throws is thrown. */
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
