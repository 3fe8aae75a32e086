/**
 * Requests to the API server. `@kubernetes/client-node` reads the kubeconfig and authenticates, but does not send the requests:
 * its typed objects drop fields that its version does not know, which breaks server-side apply.
 */
import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import {
    Agent as HttpsAgent,
    request as httpsRequest,
    type RequestOptions as HttpsOptions,
} from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { ApiError, UnreachableError } from "./errors";

/** Concurrent requests: enough to hide latency, few enough for an API server on two cores. */
const MAX_SOCKETS = 16;
/** A request times out after this time without data, in milliseconds; admission webhooks may take 10 s of it. */
const IDLE_TIMEOUT_MS = 40_000;

/** A response's body and warnings. */
export interface ApiResponse {
    readonly status: number;
    readonly body: unknown;
    readonly warnings: readonly string[];
}

export interface ApiRequest {
    readonly method: "GET" | "PATCH" | "POST" | "PUT" | "DELETE";
    /** Path with query, below the server's address. */
    readonly path: string;
    readonly body?: unknown;
    /** @default application/json */
    readonly contentType?: string;
    /** @default application/json */
    readonly accept?: string;
}

export class KubeClient {
    private connection: Promise<HttpsOptions> | undefined;

    private constructor(
        private readonly config: KubeConfig,
        private readonly server: URL,
    ) {}

    /** @throws Error if the kubeconfig cannot be read or does not have the context. */
    static fromKubeconfig(path: string, context?: string): KubeClient {
        const config = new KubeConfig();
        config.loadFromFile(path);
        if (context !== undefined) {
            if (config.getContextObject(context) === null) {
                const known = config.getContexts().map(({ name }) => name);
                throw new Error(
                    `${path} has no context "${context}"; its contexts are ${known.join(", ") || "none"}`,
                );
            }
            config.setCurrentContext(context);
        }
        if (config.getCurrentCluster() === null)
            throw new Error(`${path} has no current context; set one, or pass a context`);
        return KubeClient.of(config);
    }

    /** @throws Error if the configuration has no current cluster. */
    static of(config: KubeConfig): KubeClient {
        const cluster = config.getCurrentCluster();
        if (cluster === null) throw new Error("the kubeconfig has no current cluster");
        return new KubeClient(config, new URL(cluster.server));
    }

    /** The server's URL, which identifies the cluster. */
    get address(): string {
        return this.server.href;
    }

    /** @throws ApiError for a status of 400 or above; UnreachableError without a response. */
    async call(call: ApiRequest): Promise<ApiResponse> {
        try {
            return await this.send(call);
        } catch (error) {
            if (!(error instanceof ApiError && error.status === 401)) throw error;
            // Tokens of a cloud's credential helper expire within minutes.
            this.connection = undefined;
            return await this.send(call);
        }
    }

    async get(path: string): Promise<unknown> {
        return (await this.call({ method: "GET", path })).body;
    }

    /** Like `get`; undefined if the resource does not exist. */
    async getIfPresent(path: string): Promise<unknown> {
        try {
            return await this.get(path);
        } catch (error) {
            if (error instanceof ApiError && error.status === 404) return undefined;
            throw error;
        }
    }

    /** Closes idle connections, which would keep the process alive. */
    async close(): Promise<void> {
        const { agent } = (await this.connection?.catch(() => undefined)) ?? {};
        if (typeof agent === "object") agent.destroy();
    }

    private async send({ method, path, body, contentType, accept }: ApiRequest): Promise<ApiResponse> {
        this.connection ??= this.connect();
        const connection = await this.connection;
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const headers: OutgoingHttpHeaders = {
            ...(connection.headers as OutgoingHttpHeaders | undefined),
            accept: accept ?? "application/json",
            ...(payload === undefined
                ? {}
                : {
                      "content-type": contentType ?? "application/json",
                      "content-length": Buffer.byteLength(payload),
                  }),
        };
        const url = new URL(this.server.pathname.replace(/\/$/, "") + path, this.server);
        const start = url.protocol === "https:" ? httpsRequest : httpRequest;
        return new Promise((resolve, reject) => {
            const unreachable = (error: NodeJS.ErrnoException): void => {
                reject(new UnreachableError(this.server.origin, error));
            };
            const request = start(
                url,
                { ...connection, method, headers, timeout: IDLE_TIMEOUT_MS },
                (response) => {
                    const chunks: Buffer[] = [];
                    response.on("data", (chunk: Buffer) => chunks.push(chunk));
                    response.on("error", unreachable);
                    response.on("end", () => {
                        const text = Buffer.concat(chunks).toString();
                        const status = response.statusCode ?? 0;
                        if (status >= 400) {
                            reject(new ApiError(status, text, `${method} ${path}`));
                            return;
                        }
                        const warnings = parseWarnings(response.headers["warning"]);
                        resolve({ status, body: parseBody(text), warnings });
                    });
                },
            );
            request.on("error", unreachable);
            request.on("timeout", () =>
                request.destroy(new Error(`no response within ${IDLE_TIMEOUT_MS / 1000} s`)),
            );
            request.end(payload);
        });
    }

    private async connect(): Promise<HttpsOptions> {
        const options: HttpsOptions = {};
        await this.config.applyToHTTPSOptions(options);
        const proxied = this.config.getCurrentCluster()?.proxyUrl !== undefined;
        if (this.server.protocol !== "https:" || proxied) return options;
        // The library's agent opens a connection for each request.
        const { ca, cert, key, rejectUnauthorized, servername } = options;
        const given = Object.entries({ ca, cert, key, rejectUnauthorized, servername });
        const agent = new HttpsAgent({
            keepAlive: true,
            maxSockets: MAX_SOCKETS,
            ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
        });
        return { ...options, agent };
    }
}

/** The texts of `Warning: 299 - "text"` headers. */
function parseWarnings(header: string | string[] | undefined): string[] {
    const text = Array.isArray(header) ? header.join(", ") : (header ?? "");
    return [...text.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, warning = ""]) =>
        warning.replace(/\\(.)/g, "$1"),
    );
}

function parseBody(text: string): unknown {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
}
