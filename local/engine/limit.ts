/** Limits the concurrent calls of a function to `limit`; further calls wait in order. */
export function limited<Args extends readonly unknown[], Result>(
    limit: number,
    work: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
    let running = 0;
    const waiting: (() => void)[] = [];
    return async (...args) => {
        if (running === limit) await new Promise<void>((resolve) => waiting.push(resolve));
        else running++;
        try {
            return await work(...args);
        } finally {
            // Pass the slot on to the next waiting call, or free it.
            const next = waiting.shift();
            if (next === undefined) running--;
            else next();
        }
    };
}
