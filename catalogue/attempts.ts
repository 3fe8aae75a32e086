/** How often a call is made for each time that its caller asks for it. */

import type { Call } from "./model";

/** The most times that one request at the edge may arrive at any service. */
export const MOST_ATTEMPTS = 8;

/** The first attempt and the retries. */
export function attempts({
    idempotent,
    timeout,
    retries,
}: Pick<Call, "idempotent" | "timeout" | "retries">): number {
    return 1 + (retries ?? (idempotent && timeout !== "stream" ? 1 : 0));
}
