/** A read-only client of Consul's HTTP API. */
import * as http from "node:http";
import * as https from "node:https";
import type { z } from "zod";
import { type ConsulSettings, messageOf } from "./settings";

/** A response larger than this is refused: Consul's own limit for a value is 512 KiB, and lists are far smaller. */
const MAX_BYTES = 256 * 1024 * 1024;
const RETRIED_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const RETRY_DELAYS_MS = [200, 800];
/** Consul responds to a kind of configuration entry that it does not know with 500 (1.14). */
export const UNKNOWN_KIND = "invalid config entry kind";
/** Consul's default limit is 200 connections for each client address (`limits.http_max_conns_per_client`). */
export const CONCURRENCY = 16;

/** A request that failed. */
export class ConsulError extends Error {
    /** @param status the response's status; undefined without a response */
    constructor(
        message: string,
        readonly status: number | undefined,
    ) {
        super(message);
        this.name = "ConsulError";
    }
}

export interface Answer<T> {
    readonly value: T;
    /** Whether Consul left out what the token may not read. */
    readonly isFiltered: boolean;
    /** The index of the state that was read; 0 if unknown. */
    readonly index: number;
}

interface Response {
    readonly status: number;
    readonly headers: http.IncomingHttpHeaders;
    readonly text: string;
}

export interface ConsulClient {
    /** @throws ConsulError */
    get<T>(path: string, schema: z.ZodType<T>, query?: Readonly<Record<string, string>>): Promise<Answer<T>>;
    close(): void;
}

/**
 * @param timeoutMs of one request
 * @param deadline in milliseconds since the epoch, after which every request fails
 */
export function consulClient(settings: ConsulSettings, timeoutMs: number, deadline: number): ConsulClient {
    const { url, token, ca, cert, key, serverName } = settings;
    const isTls = url.protocol === "https:";
    const tls = { ca, cert, key, ...(serverName === undefined ? {} : { servername: serverName }) };
    const pool = { keepAlive: true, maxSockets: CONCURRENCY };
    const agent = isTls ? new https.Agent({ ...pool, ...tls }) : new http.Agent(pool);
    const headers = token === undefined ? {} : { "X-Consul-Token": token };

    function send(target: URL): Promise<Response> {
        const leftMs = Math.min(timeoutMs, deadline - Date.now());
        if (leftMs <= 0) return Promise.reject(new ConsulError("the time for reading is over", undefined));
        const timeout = AbortSignal.timeout(leftMs);
        return new Promise((resolve, reject) => {
            const fail = (error: unknown): void => {
                const slow = timeout.aborted
                    ? `no response within ${Math.ceil(leftMs / 1000)} s`
                    : messageOf(error);
                reject(new ConsulError(slow, undefined));
            };
            const request = (isTls ? https : http).request(
                target,
                { agent, headers, signal: timeout },
                (response) => {
                    const chunks: Buffer[] = [];
                    let size = 0;
                    response.on("data", (chunk: Buffer) => {
                        size += chunk.length;
                        if (size > MAX_BYTES) response.destroy(new Error(`more than ${MAX_BYTES} bytes`));
                        else chunks.push(chunk);
                    });
                    response.on("error", fail);
                    response.on("end", () => {
                        const text = Buffer.concat(chunks).toString("utf8");
                        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
                    });
                },
            );
            request.on("error", fail);
            request.end();
        });
    }

    async function sendWithRetries(target: URL): Promise<Response> {
        for (const delayMs of RETRY_DELAYS_MS) {
            const response = await send(target);
            if (!RETRIED_STATUS.has(response.status) || response.text.includes(UNKNOWN_KIND)) return response;
            await new Promise((resolve) => setTimeout(resolve, delayMs));
        }
        return await send(target);
    }

    return {
        close: () => {
            agent.destroy();
        },
        get: async (path, schema, query = {}) => {
            const target = new URL(`${url.pathname.replace(/\/$/, "")}${path}`, url);
            for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
            const { status, headers: received, text } = await sendWithRetries(target);
            if (status !== 200) throw new ConsulError(describe(status, text), status);
            const parsed = schema.safeParse(parseJson(text));
            if (!parsed.success) {
                const [issue] = parsed.error.issues;
                const place = issue?.path.map(String).join(".") ?? "";
                throw new ConsulError(`not a response of Consul: ${place} ${issue?.message ?? ""}`, status);
            }
            return {
                value: parsed.data,
                isFiltered: received["x-consul-results-filtered-by-acls"] === "true",
                index: Number(received["x-consul-index"] ?? 0),
            };
        },
    };
}

function parseJson(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return undefined;
    }
}

/** The status, and the first line of Consul's error message. */
function describe(status: number, text: string): string {
    const line =
        text
            .split("\n")[0]
            ?.replace(/\p{Cc}/gu, " ")
            .trim()
            .slice(0, 200) ?? "";
    return line === "" || line.startsWith("<") ? `status ${status}` : `status ${status}: ${line}`;
}

/** Applies `work` to all values, with at most `CONCURRENCY` at the same time, in the order of the values. */
export async function mapConcurrently<T, R>(
    values: readonly T[],
    work: (value: T) => Promise<R>,
): Promise<R[]> {
    const results: R[] = new Array<R>(values.length);
    const queue = values.entries();
    const worker = async (): Promise<void> => {
        for (const [index, value] of queue) results[index] = await work(value);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    return results;
}
