/** Retries of transient errors. */
import { ApiError, BeingDeletedError, NotServedError, UnreachableError } from "./kube/errors";

/** How long to retry after an error, in seconds; 0 for an error that is not transient. */
export function retrySeconds(error: unknown): number {
    // A release's CRDs exist before the API server serves them.
    if (error instanceof NotServedError) return 30;
    if (error instanceof BeingDeletedError) return 120;
    if (error instanceof UnreachableError) return 60;
    if (!(error instanceof ApiError)) return 0;
    // istiod is ready before its webhook's certificate has reached the API server.
    if (isWebhookDown(error)) return 90;
    if (error.status === 404 && error.about !== "namespaces") return 30;
    if (error.status === 403 && error.message.includes("being terminated")) return 120;
    if (error.status === 409) return 20;
    return error.status === 429 || error.status === 503 || error.status === 504 ? 60 : 0;
}

export function isWebhookDown(error: unknown): boolean {
    return (
        error instanceof ApiError && error.status >= 500 && error.message.includes("failed calling webhook")
    );
}

export interface Clock {
    /** Milliseconds since an arbitrary moment. */
    now(): number;
    sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
    now: () => performance.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

const MIN_DELAY_MS = 200;
const MAX_DELAY_MS = 3000;

/**
 * Retries `attempt`, with exponential backoff, until it succeeds, fails permanently, or a transient error lasts too long.
 *
 * @throws the last attempt's error
 */
export async function retrying<T>(attempt: () => Promise<T>, clock: Clock = systemClock): Promise<T> {
    // A different error is different trouble, with time of its own.
    let since = clock.now();
    let trouble: number | undefined;
    for (let pause = MIN_DELAY_MS; ; pause = Math.min(pause * 1.7, MAX_DELAY_MS)) {
        try {
            return await attempt();
        } catch (error) {
            const seconds = retrySeconds(error);
            if (seconds !== trouble) since = clock.now();
            trouble = seconds;
            if (clock.now() + pause - since > seconds * 1000) throw error;
        }
        await clock.sleep(pause);
    }
}
