/** Attempts per call: the first one and the mesh's retries. */

import type { Call, Protocol } from "./model";

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

type Condition = NonNullable<Call["retryOn"]>[number];

/** Conditions of connections, which both protocols have. */
const ANY: readonly Condition[] = ["connect-failure", "refused-stream", "reset"];
/** The conditions of `retryOn` that calls to a port with the protocol can have. */
export const CONDITIONS_OF_PROTOCOL: Readonly<Record<Exclude<Protocol, "tcp">, readonly Condition[]>> = {
    http: [...ANY, "gateway-error", "5xx", "retriable-4xx"],
    ws: ANY,
    grpc: [...ANY, "cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"],
};
