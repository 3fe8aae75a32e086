/** What passes by itself, and how long to wait for it. */
import { ApiError, BeingDeletedError, NotServedError, UnreachableError } from "./kube/errors";

/** Seconds for which an error is worth another attempt; 0 for what only a person can change. */
export function patienceFor(error: unknown): number {
    // A release's CRDs are there before they are served.
    if (error instanceof NotServedError) return 30;
    if (error instanceof BeingDeletedError) return 120;
    if (error instanceof UnreachableError) return 60;
    if (!(error instanceof ApiError)) return 0;
    // istiod is Ready before its webhook's certificate has reached the API server.
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
    /** Milliseconds since some moment. */
    now(): number;
    sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
    now: () => performance.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 3000;

/**
 * Runs `attempt` until it succeeds, fails for good, or one and the same trouble has lasted too long.
 *
 * @throws the last attempt's error
 */
export async function retrying<T>(attempt: () => Promise<T>, clock: Clock = systemClock): Promise<T> {
    const start = clock.now();
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.7, LONGEST_PAUSE)) {
        try {
            return await attempt();
        } catch (error) {
            if (clock.now() + pause - start > patienceFor(error) * 1000) throw error;
        }
        await clock.sleep(pause);
    }
}
