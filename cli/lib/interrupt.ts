const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs `work` with a signal that SIGINT and SIGTERM abort, so that it can clean up. A second one terminates the
 * process.
 */
export async function onInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const abort = () => {
        stopListening();
        controller.abort();
    };
    const stopListening = () => {
        for (const signal of SIGNALS) process.removeListener(signal, abort);
    };
    for (const signal of SIGNALS) process.on(signal, abort);
    try {
        return await work(controller.signal);
    } finally {
        stopListening();
    }
}
