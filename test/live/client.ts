/** A TLS client outside the mesh. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { type Agent, type RequestOptions, request } from "node:https";
import type { Duplex } from "node:stream";
import type { Entry } from "./deployment";

export interface Answer {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
}

type Headers = Readonly<Record<string, string>>;

/** The options of a request for `host` at the gateway `entry`. */
export function target(entry: Entry, host: string, path: string, headers: Headers = {}): RequestOptions {
    return {
        host: entry.address,
        port: entry.port,
        servername: host,
        path,
        ca: readFileSync(entry.authority),
        headers: { host, ...headers },
    };
}

export function get(options: RequestOptions, agent?: Agent): Promise<Answer> {
    return new Promise((done, failed) => {
        request({ ...options, agent: agent ?? false }, (response) => {
            let body = "";
            response.setEncoding("utf8").on("data", (text: string) => (body += text));
            response.on("error", failed).on("end", () => {
                done({ status: response.statusCode ?? 0, headers: response.headers, body });
            });
        })
            .on("error", failed)
            .end();
    });
}

/** Frames without a payload (RFC 6455); a client masks its frames, here with zeros. */
export const PING = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);
export const PONG = Buffer.from([0x8a, 0x00]);

export function webSocket(options: RequestOptions): Promise<Duplex> {
    const headers = {
        ...(options.headers as Headers),
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.from(randomUUID().slice(0, 16)).toString("base64"),
    };
    return new Promise((done, failed) => {
        request({ ...options, headers, agent: false })
            .on("upgrade", (_response, socket) => {
                done(socket);
            })
            .on("response", ({ statusCode }) => {
                failed(new Error(`no upgrade: HTTP ${statusCode ?? "?"}`));
            })
            .on("error", failed)
            .end();
    });
}
