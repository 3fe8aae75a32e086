/** An application that records every request as it arrives: over HTTP/1.1, or over HTTP/2 without TLS. */
import { type Server, createServer } from "node:http";
import {
    type IncomingHttpHeaders,
    type ServerHttp2Stream,
    createServer as createHttp2Server,
} from "node:http2";
import { type AddressInfo } from "node:net";
import type { Field } from "./http2";

/** A request as the application receives it, with every field as sent. */
export interface Recorded {
    readonly method: string;
    /** The request target, byte for byte. */
    readonly path: string;
    readonly authority: string;
    readonly headers: readonly Field[];
    readonly trailers: readonly Field[];
}

export interface RecordingApp {
    readonly http1Port: number;
    readonly http2Port: number;
    /** The requests since the last call. */
    taken(): readonly Recorded[];
    stop(): void;
}

const MAX_HEADERS = 16_777_216;

export async function startRecordingApp(): Promise<RecordingApp> {
    let recorded: Recorded[] = [];
    const http1 = createServer({ maxHeaderSize: MAX_HEADERS }, (request, response) => {
        request.resume().on("end", () => {
            recorded.push({
                method: request.method ?? "",
                path: request.url ?? "",
                authority: request.headers.host ?? "",
                headers: pairs(request.rawHeaders),
                trailers: pairs(request.rawTrailers),
            });
            response.end("ok");
        });
    });
    // A WebSocket handshake, which is answered like any request.
    http1.on("upgrade", (request, socket) => {
        recorded.push({
            method: request.method ?? "",
            path: request.url ?? "",
            authority: request.headers.host ?? "",
            headers: pairs(request.rawHeaders),
            trailers: [],
        });
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    });
    const http2 = createHttp2Server({
        maxHeaderListPairs: 10_000,
        settings: { enableConnectProtocol: true },
    });
    http2.on(
        "stream",
        (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
            let trailers: Field[] = [];
            stream.on("trailers", (_fields: unknown, _trailerFlags: unknown, rawTrailers: string[]) => {
                trailers = pairs(rawTrailers);
            });
            stream.on("error", () => undefined);
            stream.resume().on("end", () => {
                recorded.push({
                    method: headers[":method"] ?? "",
                    path: headers[":path"] ?? "",
                    authority: headers[":authority"] ?? "",
                    headers: pairs(raw).filter(([name]) => !name.startsWith(":")),
                    trailers,
                });
                stream.respond({ ":status": 200 });
                stream.end("ok");
            });
        },
    );
    const listen = (server: Pick<Server, "listen">) =>
        new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await Promise.all([listen(http1), listen(http2 as unknown as Server)]);
    return {
        http1Port: (http1.address() as AddressInfo).port,
        http2Port: (http2.address() as AddressInfo).port,
        taken: () => {
            const taken = recorded;
            recorded = [];
            return taken;
        },
        stop: () => {
            http1.closeAllConnections();
            http1.close();
            http2.close();
        },
    };
}

function pairs(raw: readonly string[]): Field[] {
    return Array.from({ length: raw.length / 2 }, (_, index) => [
        raw[2 * index] ?? "",
        raw[2 * index + 1] ?? "",
    ]);
}
