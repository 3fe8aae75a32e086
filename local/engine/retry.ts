/** Retries of transient errors. */
import { ApiError, BeingDeletedError, NotServedError, UnreachableError } from "./kube/errors";

/** For how long each kind of transient error is retried, in seconds. */
const SECONDS = {
    // A release's CRDs exist before the API server serves them.
    missing: 30,
    beingDeleted: 120,
    // istiod is ready before its webhook's certificate has reached the API server.
    webhook: 90,
    conflict: 20,
    unavailable: 60,
} as const;

type Transient = keyof typeof SECONDS;

/** The kind of a transient error; undefined for any other error. */
function transientOf(error: unknown): Transient | undefined {
    if (error instanceof NotServedError) return "missing";
    if (error instanceof BeingDeletedError) return "beingDeleted";
    if (error instanceof UnreachableError) return "unavailable";
    if (!(error instanceof ApiError)) return undefined;
    if (isWebhookDown(error)) return "webhook";
    if (error.status === 404 && error.about !== "namespaces") return "missing";
    if (error.status === 403 && error.message.includes("being terminated")) return "beingDeleted";
    if (error.status === 409) return "conflict";
    return [429, 503, 504].includes(error.status) ? "unavailable" : undefined;
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
 * Retries `attempt`, with exponential backoff, until it succeeds, fails permanently, or one kind of transient error has lasted
 * too long. Each kind has a time of its own, which does not pass while another kind lasts.
 *
 * @throws the last attempt's error
 */
export async function retrying<T>(attempt: () => Promise<T>, clock: Clock = systemClock): Promise<T> {
    const lasted: Partial<Record<Transient, number>> = {};
    let latest: { readonly kind: Transient; readonly at: number } | undefined;
    for (let pause = MIN_DELAY_MS; ; pause = Math.min(pause * 1.7, MAX_DELAY_MS)) {
        try {
            return await attempt();
        } catch (error) {
            const [kind, at] = [transientOf(error), clock.now()];
            if (kind === undefined) throw error;
            if (latest !== undefined) lasted[latest.kind] = (lasted[latest.kind] ?? 0) + at - latest.at;
            latest = { kind, at };
            if ((lasted[kind] ?? 0) + pause > SECONDS[kind] * 1000) throw error;
        }
        await clock.sleep(pause);
    }
}
