/** Streams with session affinity, and connections that outlive a gateway's pod. */
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

/** How long open connections must outlive the gateway pod that they came through. */
const HELD_MS = Number(process.env["MESH_WEBSOCKET_SECONDS"] ?? "120") * 1000;
const INTERVAL_MS = 5_000;
/** Until a change of replicas has reached every proxy. */
const PROPAGATION_MS = 8_000;
const STREAMS = Array.from({ length: 200 }, (_stream, index) => `stream-${index}`);
const REQUESTS_PER_STREAM = 3;

describe("streams on the local cluster", function () {
    this.timeout(900_000);
    const { edge, domain } = loadStackFile("local", CHECKOUT);
    let node: Deployment;
    let sign: Sign;

    async function scale(replicas: number): Promise<void> {
        const video = ["--namespace", "sparc", "deployment/video"];
        await node.kubectl(["scale", ...video, `--replicas=${replicas}`]);
        await node.kubectl(["rollout", "status", ...video, "--timeout=300s"]);
        await pause(PROPAGATION_MS);
    }

    before(async () => {
        node = await Deployment.of();
        sign = await signerOf(edge.issuers[0]);
    });

    describe("with one id", () => {
        before(() => scale(3));
        after(() => scale(1));

        it("reach one replica through the gateway, by the player's path", async () => {
            const agent = new Agent({ keepAlive: true, maxSockets: 4 });
            const places = new Map<string, string>();
            for (const [index, stream] of STREAMS.slice(0, 60).entries()) {
                // Each tenant stays under its plan's limit.
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

        it("reach one replica, and hardly any others move when a replica is lost", async () => {
            const place = async () => {
                const ids = STREAMS.flatMap((id) =>
                    Array<object>(REQUESTS_PER_STREAM).fill({
                        address: `${serviceHost("video")}:8080`,
                        path: "/v1/sessions/7",
                        headers: { "x-stream-id": id },
                    }),
                );
                const pods = new Map<string, string>();
                for (const { id, answer } of await node.probe("api-gateway", ids)) {
                    const stream = STREAMS[Math.floor(Number(id) / REQUESTS_PER_STREAM)] ?? "";
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
            // Maglev rebuilds its table: few streams of other replicas move along with those of the removed replica.
            assert.ok(moved.length <= stayed.length * 0.1, `${moved.length} of ${stayed.length} moved`);
        });
    });

    it("outlive their gateway pod: an idle WebSocket with pings, and a gRPC stream", async () => {
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
            await pause(INTERVAL_MS);
        }
        assert.equal(ended.signal.aborted, false, String(ended.signal.reason));
        assert.equal(pongs, beats);
        assert.equal(calls.answers(), beats);
        assert.equal(await calls.end(), "0");
        socket.destroy();
        // The new pod answers in the meantime.
        const answered = await get(target(node.entry, `api.${domain}`, "/v1/x", bearer(sign)));
        assert.equal(answered.status, 200);
    });
});

/** One gRPC message: uncompressed and empty. */
const MESSAGE = Buffer.alloc(5);

interface GrpcStream {
    send(): void;
    /** How many messages were received. */
    answers(): number;
    /** Half-closes the stream. @returns the service's status */
    end(): Promise<unknown>;
}

/** A client certificate for the exposure `devices`, from the gateways' namespace. */
async function camera(node: Deployment): Promise<{ cert: Buffer; key: Buffer }> {
    const secret = ["--namespace=istio-ingress", "get", "secret", "client-devices", "--output=json"];
    const { data } = JSON.parse(await node.kubectl(secret)) as { data: Record<string, string> };
    const read = (name: string) => Buffer.from(data[name] ?? "", "base64");
    return { cert: read("tls.crt"), key: read("tls.key") };
}

/** Opens a stream of a method that answers each message with one. */
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
