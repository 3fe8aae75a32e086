/** Load during a disruptive operation. */
import { setTimeout as pause } from "node:timers/promises";

export interface LoadResult {
    readonly count: number;
    /** One line for each failed request. */
    readonly failures: readonly string[];
}

/** Sends one or more requests. @returns how many, and the failures */
export type SendRequests = () => Promise<LoadResult>;

/** Load before and after the operation, to show that requests succeed without it. */
const MARGIN_MS = 3_000;

/**
 * Runs `work` while `workers` send requests continuously.
 *
 * @returns the result of all requests, after the last ones have completed
 */
export async function underLoad(
    send: SendRequests,
    workers: number,
    work: () => Promise<void>,
): Promise<LoadResult> {
    let stopped = false;
    const pending = Array.from({ length: workers }, async () => {
        const answers: LoadResult[] = [];
        while (!stopped) answers.push(await send());
        return answers;
    });
    try {
        await pause(MARGIN_MS);
        await work();
        await pause(MARGIN_MS);
    } finally {
        stopped = true;
    }
    const all = (await Promise.all(pending)).flat();
    return {
        count: all.reduce((sum, { count }) => sum + count, 0),
        failures: all.flatMap(({ failures }) => failures),
    };
}

/** One request, which fails by an error or if `wrong` returns a reason. */
export function checkedRequest<Answer>(
    request: () => Promise<Answer>,
    wrong: (answer: Answer) => string | undefined,
): SendRequests {
    return async () => {
        const failure = await request().then(wrong, String);
        return { count: 1, failures: failure === undefined ? [] : [failure] };
    };
}

/** Each worker sends at most one request per `intervalMs`, so that a fast machine stays under the edge's rate limits. */
export function paced(send: SendRequests, intervalMs: number): SendRequests {
    return async () => {
        const [result] = await Promise.all([send(), pause(intervalMs)]);
        return result;
    };
}
