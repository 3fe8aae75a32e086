/** HTTP/2 requests with exactly the given fields, which Node.js' client would reject: duplicates, connection headers, capitals. */
import { type Duplex } from "node:stream";

export type Field = readonly [name: string, value: string];

export interface Http2Request {
    /** Pseudo-headers included, in this order. Bytes as latin-1 text. */
    readonly fields: readonly Field[];
    /** Fields after an empty body. @default none */
    readonly trailers?: readonly Field[];
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7, continuation: 9 } as const;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const MAX_FRAME = 16_384;
const STREAM = 1;
const TIMEOUT_MS = 10_000;

/** Sends one request over a new connection. Resolves once the response ends, or the stream or the connection is reset. */
export function sendHttp2(socket: Duplex, { fields, trailers = [] }: Http2Request): Promise<void> {
    return new Promise((resolve, reject) => {
        let rest = Buffer.alloc(0);
        const timer = setTimeout(() => {
            end(new Error("no response over HTTP/2"));
        }, TIMEOUT_MS);
        const end = (error?: Error): void => {
            clearTimeout(timer);
            socket.destroy();
            if (error === undefined) resolve();
            else reject(error);
        };
        socket.on("data", (chunk: Buffer) => {
            rest = Buffer.concat([rest, chunk]);
            while (rest.length >= 9) {
                const length = rest.readUIntBE(0, 3);
                if (rest.length < 9 + length) return;
                const [type = 0, flags = 0] = [rest[3], rest[4]];
                const carriesEnd = type === TYPE.data || type === TYPE.headers;
                if (
                    type === TYPE.reset ||
                    type === TYPE.goAway ||
                    (carriesEnd && (flags & END_STREAM) !== 0)
                ) {
                    end();
                    return;
                }
                rest = rest.subarray(9 + length);
            }
        });
        socket.once("error", () => {
            end();
        });
        socket.once("close", () => {
            end();
        });
        socket.write(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0, Buffer.alloc(0))]));
        socket.write(headerFrames(fields, trailers.length === 0));
        if (trailers.length > 0) socket.write(headerFrames(trailers, true));
    });
}

function headerFrames(fields: readonly Field[], last: boolean): Buffer {
    const block = Buffer.concat(fields.map(literal));
    const chunks: Buffer[] = [];
    for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME) {
        const end = at + MAX_FRAME >= block.length ? END_HEADERS : 0;
        const [type, flags] =
            at === 0 ? [TYPE.headers, end | (last ? END_STREAM : 0)] : [TYPE.continuation, end];
        chunks.push(frame(type, flags, STREAM, block.subarray(at, at + MAX_FRAME)));
    }
    return Buffer.concat(chunks);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
}

/** RFC 7541, section 6.2.2: a literal field without indexing, with a new name, without Huffman coding. */
function literal([name, value]: Field): Buffer {
    return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function text(value: string): Buffer {
    const bytes = Buffer.from(value, "latin1");
    return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541, section 5.1, with a prefix of 7 bits. */
function integer(value: number): Buffer {
    if (value < 127) return Buffer.from([value]);
    const bytes = [127];
    let rest = value - 127;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    return Buffer.from([...bytes, rest]);
}
