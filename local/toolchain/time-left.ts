/** A piece of work with its expected duration. */
export interface Expected {
    readonly name: string;
    readonly expectedSeconds: number;
}

/** A running estimate of the remaining time. */
export interface TimeLeft {
    /** Call it when a piece of work starts; call `end` on the result when it ends. */
    begin(work: Expected): { end(): void };
    /** For people: "about 7 min left". */
    text(): string;
}

/**
 * Estimates the remaining time from the expected durations, corrected by this machine's speed so far.
 *
 * @param now milliseconds; replaceable for tests
 */
export function timeLeft(work: readonly Expected[], now: () => number = Date.now): TimeLeft {
    const pending = new Map(work.map((item) => [item.name, item.expectedSeconds]));
    const started = new Map<string, number>();
    let expectedDone = 0;
    let actualDone = 0;
    const seconds = (): number => {
        const pace = expectedDone > 0 ? actualDone / expectedDone : 1;
        let total = 0;
        for (const [name, expected] of pending) {
            const since = started.get(name);
            const spent = since === undefined ? 0 : (now() - since) / 1000;
            total += Math.max(expected * pace - spent, 0);
        }
        return total;
    };
    return {
        begin: (item) => {
            const start = now();
            started.set(item.name, start);
            return {
                end: () => {
                    pending.delete(item.name);
                    expectedDone += item.expectedSeconds;
                    actualDone += (now() - start) / 1000;
                },
            };
        },
        text: () => {
            const left = seconds();
            if (left < 10) return "a few seconds left";
            return left < 90
                ? `about ${Math.ceil(left / 10) * 10} s left`
                : `about ${Math.ceil(left / 60)} min left`;
        },
    };
}
