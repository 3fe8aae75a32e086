/** How often a call is made for each time that its caller asks for it. */

import type { Call } from "./model";

/** The most times that one request may arrive at any service along any one chain of calls. */
export const MOST_ATTEMPTS = 8;

/** The first attempt and the retries. */
export function attempts({
    idempotent,
    timeout,
    retries,
}: Pick<Call, "idempotent" | "timeout" | "retries">): number {
    return 1 + (retries ?? (idempotent && timeout !== "stream" ? 1 : 0));
}
