/** Attempts per call: the first one and the mesh's retries. */

import type { Call } from "./model";

/** The maximum number of times that one request can reach a service along one chain of calls. */
export const MAX_ATTEMPTS = 8;

/** The first attempt plus the retries. */
export function attempts({
    idempotent,
    timeout,
    retries,
}: Pick<Call, "idempotent" | "timeout" | "retries">): number {
    return 1 + (retries ?? (idempotent && timeout !== "stream" ? 1 : 0));
}
