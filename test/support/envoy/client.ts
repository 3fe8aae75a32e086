/** An HTTP client that sends the request line byte for byte as given: other clients normalize it. */
import { type Socket, connect } from "node:net";

export interface HttpResponse {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
}

export interface RawRequest {
    readonly method?: string;
    /** Bytes as latin-1 text. */
    readonly path: string;
    readonly host: string;
    readonly headers?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 10_000;

/** Sends one request over a new connection. The response ends by its length: Envoy closes the connection a second later. */
export function sendRequest(
    port: number,
    { method = "GET", path, host, headers = {} }: RawRequest,
): Promise<HttpResponse> {
    const lines = [
        `${method} ${path} HTTP/1.1`,
        `host: ${host}`,
        "connection: close",
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    return exchange(connect(port, "127.0.0.1"), `${lines.join("\r\n")}\r\n\r\n`);
}

/** Sends bytes, as latin-1 text, and reads one response. */
export function exchange(socket: Socket, request: string): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        socket.setTimeout(TIMEOUT_MS, () =>
            socket.destroy(new Error(`no response to ${request.slice(0, 100)}`)),
        );
        const finish = () => {
            socket.destroy();
            resolve(parseResponse(Buffer.concat(chunks).toString("latin1")));
        };
        socket.on("data", (chunk) => {
            chunks.push(chunk);
            if (isComplete(Buffer.concat(chunks).toString("latin1"))) finish();
        });
        socket.once("error", reject);
        socket.once("end", finish);
        socket.write(Buffer.from(request, "latin1"));
    });
}

function parseResponse(text: string): HttpResponse {
    const end = text.indexOf("\r\n\r\n");
    const [status = "", ...lines] = text.slice(0, end).split("\r\n");
    const headers = Object.fromEntries(
        lines.map((line) => {
            const colon = line.indexOf(":");
            return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
    );
    const rest = text.slice(end + 4);
    const body = headers["transfer-encoding"] === "chunked" ? dechunked(rest) : rest;
    return { status: Number(status.split(" ")[1] ?? 0), headers, body };
}

function isComplete(text: string): boolean {
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
    return length === undefined ? text.endsWith("\r\n0\r\n\r\n") : text.length - end - 4 >= Number(length);
}

function dechunked(text: string): string {
    let [rest, body] = [text, ""];
    for (;;) {
        const end = rest.indexOf("\r\n");
        const length = parseInt(rest.slice(0, end), 16);
        if (end === -1 || !(length > 0)) return body;
        body += rest.slice(end + 2, end + 2 + length);
        rest = rest.slice(end + 4 + length);
    }
}
