/** Steady traffic of users outside the mesh, with a record of every response. */
import { Agent } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { get } from "./client";
import type { RequestOptions } from "node:https";

export interface ObservedResponse {
    /** The HTTP status; 0 without a response. */
    readonly status: number;
    readonly pod: string;
    readonly version: string;
    /** The response if it is not the service's: a proxy's body, or the error. */
    readonly instead: string;
    readonly ms: number;
    /** Time of the request, in milliseconds since the epoch. */
    readonly at: number;
}

const SHOWN = 200;

export class Load {
    readonly seen: ObservedResponse[] = [];
    readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
    readonly #pending = new Set<Promise<void>>();
    #isRunning = true;
    readonly #pace: Promise<void>;

    /** Sends `perSecond` requests per second, without waiting for responses; `request` returns the options of the nth. */
    constructor(perSecond: number, request: (index: number) => RequestOptions) {
        this.#pace = this.#run(1000 / perSecond, request);
    }

    async #run(every: number, request: (index: number) => RequestOptions): Promise<void> {
        const begun = Date.now();
        for (let index = 0; this.#isRunning; index++) {
            const pending = this.#send(request(index));
            this.#pending.add(pending);
            void pending.finally(() => this.#pending.delete(pending));
            await pause(Math.max(0, begun + (index + 1) * every - Date.now()));
        }
    }

    async #send(options: RequestOptions): Promise<void> {
        const at = Date.now();
        const answer = await get(options, this.#agent).catch((error: unknown) => ({
            status: 0,
            body: String(error),
        }));
        const { pod = "", version = "" } = parsed(answer.body);
        const instead = pod === "" ? answer.body.slice(0, SHOWN) : "";
        this.seen.push({ status: answer.status, pod, version, instead, ms: Date.now() - at, at });
    }

    /** Stops, and waits for requests in flight. */
    async stop(): Promise<readonly ObservedResponse[]> {
        this.#isRunning = false;
        await this.#pace;
        await Promise.all(this.#pending);
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
