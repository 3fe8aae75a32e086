/** Requests that go on while something is done to what answers them. */
import { setTimeout as pause } from "node:timers/promises";

export interface Asked {
    readonly count: number;
    /** What went wrong, one line for each request that did. */
    readonly failures: readonly string[];
}

/** Asks once or several times; gives how often, and what went wrong. */
export type Ask = () => Promise<Asked>;

/** Before and after, so that each has been seen to work without what is done in between. */
const AROUND_MS = 3_000;

/**
 * Does `work` while `workers` ask without a pause, each anew as soon as it is answered.
 *
 * @returns all that was asked, once what was under way has been answered too
 */
export async function underLoad(ask: Ask, workers: number, work: () => Promise<void>): Promise<Asked> {
    let stopped = false;
    const asking = Array.from({ length: workers }, async () => {
        const answers: Asked[] = [];
        while (!stopped) answers.push(await ask());
        return answers;
    });
    try {
        await pause(AROUND_MS);
        await work();
        await pause(AROUND_MS);
    } finally {
        stopped = true;
    }
    const all = (await Promise.all(asking)).flat();
    return {
        count: all.reduce((sum, { count }) => sum + count, 0),
        failures: all.flatMap(({ failures }) => failures),
    };
}

/** One request, which fails by an error or by what `wrong` says of its answer. */
export function asking<Answer>(
    request: () => Promise<Answer>,
    wrong: (answer: Answer) => string | undefined,
): Ask {
    return async () => {
        const failure = await request().then(wrong, String);
        return { count: 1, failures: failure === undefined ? [] : [failure] };
    };
}

/** Each worker begins a request at most once per `intervalMs`, so that a fast machine stays under the limits of the edge. */
export function paced(ask: Ask, intervalMs: number): Ask {
    return async () => {
        const [asked] = await Promise.all([ask(), pause(intervalMs)]);
        return asked;
    };
}
