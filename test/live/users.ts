/** Steady traffic of users outside, every request of which is counted. */
import { Agent } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { get } from "./client";
import type { RequestOptions } from "node:https";

export interface Seen {
    /** HTTP's; 0 where no answer came. */
    readonly status: number;
    readonly pod: string;
    readonly version: string;
    /** What came instead of an answer of the service's: a proxy's words, or why there is none. */
    readonly instead: string;
    readonly ms: number;
    /** When it was asked, in milliseconds since the epoch. */
    readonly at: number;
}

const SHOWN = 200;

export class Load {
    readonly seen: Seen[] = [];
    readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
    readonly #asking = new Set<Promise<void>>();
    #going = true;
    readonly #pace: Promise<void>;

    /** Asks `perSecond` times, whether answers come or not; `request` makes the options of the nth. */
    constructor(perSecond: number, request: (index: number) => RequestOptions) {
        this.#pace = this.#run(1000 / perSecond, request);
    }

    async #run(every: number, request: (index: number) => RequestOptions): Promise<void> {
        const begun = Date.now();
        for (let index = 0; this.#going; index++) {
            const asking = this.#ask(request(index));
            this.#asking.add(asking);
            void asking.finally(() => this.#asking.delete(asking));
            await pause(Math.max(0, begun + (index + 1) * every - Date.now()));
        }
    }

    async #ask(options: RequestOptions): Promise<void> {
        const at = Date.now();
        const answer = await get(options, this.#agent).catch((error: unknown) => ({
            status: 0,
            body: String(error),
        }));
        const { pod = "", version = "" } = parsed(answer.body);
        const instead = pod === "" ? answer.body.slice(0, SHOWN) : "";
        this.seen.push({ status: answer.status, pod, version, instead, ms: Date.now() - at, at });
    }

    /** Waits for what is under way. */
    async stop(): Promise<readonly Seen[]> {
        this.#going = false;
        await this.#pace;
        await Promise.all(this.#asking);
        this.#agent.destroy();
        return this.seen;
    }
}

function parsed(body: string): { pod?: string; version?: string } {
    try {
        return JSON.parse(body) as { pod?: string; version?: string };
    } catch {
        return {};
    }
}
