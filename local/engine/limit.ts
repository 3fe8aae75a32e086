/** The same function, of which no more than `limit` calls are under way at once; the others wait in their order. */
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
            // Its place goes to the next in line, or is free.
            const next = waiting.shift();
            if (next === undefined) running--;
            else next();
        }
    };
}
