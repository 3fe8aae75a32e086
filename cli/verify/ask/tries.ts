import { setTimeout as pause } from "node:timers/promises";
import { CannotVerify } from "../errors";

const TRIES = 3;
const PAUSE_MS = 1000;

/**
 * Runs a command in a pod, and again when its connection breaks: an API server that is busy or restarted says nothing
 * of the mesh.
 *
 * @param once runs it, and says whether all is done.
 * @throws CannotVerify with what went wrong last.
 */
export async function tries(what: string, signal: AbortSignal, once: () => Promise<boolean>): Promise<void> {
    let failure = "it gave too few results";
    for (let attempt = 1; attempt <= TRIES; attempt++) {
        signal.throwIfAborted();
        try {
            if (await once()) return;
        } catch (error) {
            failure = error instanceof Error ? error.message : String(error);
        }
        if (attempt < TRIES) await pause(PAUSE_MS, undefined, { signal });
    }
    throw new CannotVerify(
        `${what}: ${failure}`,
        "see that the pod runs, and that the API server reaches its node's kubelet",
    );
}
