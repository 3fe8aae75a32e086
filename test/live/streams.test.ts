/** What lasts longer than a request: streams that stay with a replica, and connections that outlive a gateway's pod. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Agent } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:http2";
import { readFileSync } from "node:fs";
import { serviceHost } from "../../components/base/names";
import type { Sign } from "../../cli/verify";
import { loadStackFile } from "../../config/load";
import { CHECKOUT } from "./checkout";
import { PING, PONG, get, target, webSocket } from "./client";
import { Deployment, type Entry } from "./deployment";
import { bearer, signerOf } from "./tokens";

/** For how long what is open must outlive the gateway's pod that it came in by. */
const HELD_MS = Number(process.env["MESH_WEBSOCKET_SECONDS"] ?? "120") * 1000;
const BEAT_MS = 5_000;
/** Between a replica's being ready, or gone, and every proxy's having heard of it. */
const HEARD_MS = 8_000;
const STREAMS = Array.from({ length: 200 }, (_stream, index) => `stream-${index}`);
const ASKED_EACH = 3;

describe("streams on the node", function () {
    this.timeout(900_000);
    const { edge, domain } = loadStackFile("local", CHECKOUT);
    let node: Deployment;
    let sign: Sign;

    async function scale(replicas: number): Promise<void> {
        const video = ["--namespace", "sparc", "deployment/video"];
        await node.kubectl(["scale", ...video, `--replicas=${replicas}`]);
        await node.kubectl(["rollout", "status", ...video, "--timeout=300s"]);
        await pause(HEARD_MS);
    }

    before(async () => {
        node = await Deployment.of();
        sign = await signerOf(edge.issuers[0]);
    });

    describe("of one id", () => {
        before(() => scale(3));
        after(() => scale(1));

        it("reach one replica through the gateway, by the path that a player asks for", async () => {
            const agent = new Agent({ keepAlive: true, maxSockets: 4 });
            const places = new Map<string, string>();
            for (const [index, stream] of STREAMS.slice(0, 60).entries()) {
                // Each tenant asks less often than its plan lets it.
                const tenant = `tenant-${randomUUID()}`;
                for (const segment of ["index.m3u8", "720p/1.ts?part=2"]) {
                    const path = `/hls/${tenant}/${stream}/${segment}`;
                    const options = target(node.entry, `stream.${domain}`, path, bearer(sign, { tenant }));
                    const { status, body } = await get(options, agent);
                    assert.equal(status, 200, `${index}: ${path}`);
                    const { pod } = JSON.parse(body) as { pod: string };
                    assert.equal(places.get(stream) ?? pod, pod, `${stream} reached two replicas`);
                    places.set(stream, pod);
                }
            }
            agent.destroy();
            assert.equal(new Set(places.values()).size, 3);
        });

        it("reach one replica, and hardly any but a lost replica's move", async () => {
            const place = async () => {
                const asked = STREAMS.flatMap((id) =>
                    Array<object>(ASKED_EACH).fill({
                        address: `${serviceHost("video")}:8080`,
                        path: "/v1/sessions/7",
                        headers: { "x-stream-id": id },
                    }),
                );
                const pods = new Map<string, string>();
                for (const { id, answer } of await node.probe("api-gateway", asked)) {
                    const stream = STREAMS[Math.floor(Number(id) / ASKED_EACH)] ?? "";
                    const pod = answer?.pod ?? assert.fail(`no answer for ${stream}`);
                    assert.equal(pods.get(stream) ?? pod, pod, `${stream} reached two replicas`);
                    pods.set(stream, pod);
                }
                return pods;
            };
            const before = await place();
            assert.equal(new Set(before.values()).size, 3);
            await scale(2);
            const after = await place();
            const left = new Set(after.values());
            assert.equal(left.size, 2);
            const stayed = [...before].filter(([, pod]) => left.has(pod));
            const moved = stayed.filter(([stream, pod]) => after.get(stream) !== pod);
            // Maglev fills its table anew: few of the others' streams move with those of the replica that went.
            assert.ok(moved.length <= stayed.length * 0.1, `${moved.length} of ${stayed.length} moved`);
        });
    });

    it("outlive the gateway that they came in by: an idle WebSocket with pings, and a gRPC stream", async () => {
        const socket = await webSocket(target(node.entry, `ws.${domain}`, "/v1/events", bearer(sign)));
        const calls = await grpcStream(
            node.entry,
            `ingest-api.${domain}`,
            "/sparc.ingest.v1.Ingest/Push",
            await camera(node),
        );
        let pongs = 0;
        socket.on("data", (data: Buffer) => (pongs += data.includes(PONG) ? 1 : 0));
        const ended = new AbortController();
        for (const event of ["close", "error"])
            socket.on(event, () => {
                ended.abort(`the WebSocket: ${event}`);
            });
        const gateway = ["--namespace", "istio-ingress", "deployment", "istio-ingressgateway"];
        await node.kubectl(["rollout", "restart", ...gateway]);
        await node.kubectl(["rollout", "status", ...gateway, "--timeout=300s"]);
        const until = Date.now() + HELD_MS;
        let beats = 0;
        for (; Date.now() < until && !ended.signal.aborted; beats++) {
            socket.write(PING);
            calls.send();
            await pause(BEAT_MS);
        }
        assert.equal(ended.signal.aborted, false, String(ended.signal.reason));
        assert.equal(pongs, beats);
        assert.equal(calls.answers(), beats);
        assert.equal(await calls.end(), "0");
        socket.destroy();
        // The new one answers meanwhile.
        const answered = await get(target(node.entry, `api.${domain}`, "/v1/x", bearer(sign)));
        assert.equal(answered.status, 200);
    });
});

/** One message of gRPC: not compressed, and empty. */
const MESSAGE = Buffer.alloc(5);

interface GrpcStream {
    send(): void;
    /** How many messages came back. */
    answers(): number;
    /** Ends our side, and returns the status that the service ends the stream with. */
    end(): Promise<unknown>;
}

/** A stream of a method that answers each message with one. */
/** The certificate of a client of `devices`, beside the gateways. */
async function camera(node: Deployment): Promise<{ cert: Buffer; key: Buffer }> {
    const secret = ["--namespace=istio-ingress", "get", "secret", "client-devices", "--output=json"];
    const { data } = JSON.parse(await node.kubectl(secret)) as { data: Record<string, string> };
    const read = (name: string) => Buffer.from(data[name] ?? "", "base64");
    return { cert: read("tls.crt"), key: read("tls.key") };
}

async function grpcStream(
    entry: Entry,
    host: string,
    path: string,
    client: { readonly cert: Buffer; readonly key: Buffer },
): Promise<GrpcStream> {
    const session = connect(`https://${entry.address}:${entry.port}`, {
        servername: host,
        ca: readFileSync(entry.authority),
        ...client,
    });
    await once(session, "connect");
    const stream = session.request({
        ":method": "POST",
        ":path": path,
        ":authority": host,
        "content-type": "application/grpc",
        te: "trailers",
    });
    let bytes = Buffer.alloc(0);
    stream.on("data", (data: Buffer) => (bytes = Buffer.concat([bytes, data])));
    const trailers = once(stream, "trailers");
    return {
        send: () => {
            stream.write(MESSAGE);
        },
        answers: () => messagesIn(bytes),
        end: async () => {
            stream.end();
            const [last] = (await trailers) as [Record<string, unknown>];
            session.close();
            return last["grpc-status"];
        },
    };
}

function messagesIn(bytes: Buffer): number {
    let count = 0;
    for (let at = 0; at + 5 <= bytes.length; count++) at += 5 + bytes.readUInt32BE(at + 1);
    return count;
}
