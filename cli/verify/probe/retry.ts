import { setTimeout as pause } from "node:timers/promises";
import { CannotVerify } from "../../lib/cluster/cannot-verify";

const MAX_ATTEMPTS = 3;
const RETRY_DELAY_MS = 1000;

/**
 * Runs a command in a pod, and retries if the connection breaks: an overloaded or restarted API server says nothing
 * about the mesh.
 *
 * @param once runs the command; returns whether it is complete
 * @throws CannotVerify with the last error
 */
export async function withRetries(
    what: string,
    signal: AbortSignal,
    once: () => Promise<boolean>,
): Promise<void> {
    let failure = "incomplete results";
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        signal.throwIfAborted();
        try {
            if (await once()) return;
        } catch (error) {
            failure = error instanceof Error ? error.message : String(error);
        }
        if (attempt < MAX_ATTEMPTS) await pause(RETRY_DELAY_MS, undefined, { signal });
    }
    throw new CannotVerify(
        `${what}: ${failure}`,
        "check that the pod runs, and that the API server reaches the kubelet of its node",
    );
}
