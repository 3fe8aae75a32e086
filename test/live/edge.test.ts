import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { plans } from "../../catalogue/plans";
import { type Sign, signer } from "../../cli/verify";
import { loadStackFile } from "../../config/load";
import { ensureToolchain, readSigningKey, silentProgress, type Toolchain } from "../../local";
import { CHECKOUT, mesh, run, withPlatform } from "./checkout";

interface Entry {
    readonly address: string;
    readonly port: number;
    /** Path of the CA's certificate. */
    readonly authority: string;
}

interface Answer {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
}

/**
 * The limiter has 25 ms to answer, and what it does not answer in time passes uncounted: on a machine with more to do than
 * processors some requests do.
 */
const UNCOUNTED = 30;
/** Between a change of the limiter's workloads and the gateways' seeing it. */
const SETTLE_MS = 5_000;
/** For how long a WebSocket must outlive the gateway's pod that it came in by. */
const HELD_MS = Number(process.env["MESH_WEBSOCKET_SECONDS"] ?? "120") * 1000;

describe("the edge on the node", function () {
    this.timeout(900_000);
    const { edge, domain } = loadStackFile("local", CHECKOUT);
    let toolchain: Toolchain;
    let kubeconfig: string;
    let entry: Entry;
    let sign: Sign;

    async function up(checkout = CHECKOUT): Promise<void> {
        const { status, stdout, stderr } = await mesh(checkout, ["up", "--json"]);
        assert.equal(status, 0, stderr);
        ({ kubeconfig, entry } = JSON.parse(stdout) as { kubeconfig: string; entry: Entry });
    }

    async function kubectl(...args: string[]): Promise<string> {
        const all = ["--kubeconfig", kubeconfig, "--namespace", "istio-ingress", ...args];
        const { status, stdout, stderr } = await run(toolchain.program("kubectl"), all);
        assert.equal(status, 0, stderr);
        return stdout;
    }

    const agent = new Agent({ keepAlive: true, maxSockets: 4 });

    function target(label: string, path: string, headers: Record<string, string>): RequestOptions {
        const host = `${label}.${domain}`;
        return {
            host: entry.address,
            port: entry.port,
            servername: host,
            path,
            ca: readFileSync(entry.authority),
            headers: { host, ...headers },
        };
    }

    function get(label: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
        return new Promise((done, failed) => {
            request({ ...target(label, path, headers), agent }, (response) => {
                response.resume().on("end", () => {
                    done({ status: response.statusCode ?? 0, headers: response.headers });
                });
            })
                .on("error", failed)
                .end();
        });
    }

    async function statuses(count: number, headers: Record<string, string>): Promise<number[]> {
        const all = await Promise.all(Array.from({ length: count }, () => get("api", "/v1/x", headers)));
        return all.map(({ status }) => status);
    }

    /** A client of a tenant that nobody counted for before. */
    function client(tenant = randomUUID(), subject: string = randomUUID()): Record<string, string> {
        return { authorization: `Bearer ${sign({ tenant, subject })}` };
    }

    before(async () => {
        toolchain = await ensureToolchain(silentProgress());
        await up();
        const key = await readSigningKey();
        const [issuer] = edge.issuers;
        assert.ok(key !== undefined && issuer !== undefined);
        sign = signer(key, issuer);
    });

    after(() => {
        agent.destroy();
    });

    it("lets a client ask as often as its plan says, then answers 429, and nobody else", async () => {
        const allowed = plans.default.client.requests;
        const [tenant, subject] = [randomUUID(), randomUUID()];
        // Counted by the minute of the clock, which must not end in between.
        const intoMinute = Date.now() % 60_000;
        if (intoMinute > 40_000) await pause(60_500 - intoMinute);
        const found = await statuses(allowed + UNCOUNTED + 10, client(tenant, subject));
        const passed = found.filter((status) => status === 200).length;
        assert.ok(passed >= allowed && passed <= allowed + UNCOUNTED, `${passed} passed`);
        assert.equal(found.filter((status) => status === 429).length, found.length - passed);
        const { status, headers } = await get("api", "/v1/x", client(tenant, subject));
        assert.equal(status, 429);
        assert.match(String(headers["x-ratelimit-limit"]), new RegExp(`^${allowed}\\b`));
        assert.equal(headers["x-ratelimit-remaining"], "0");
        assert.equal((await get("api", "/v1/x", client(tenant))).status, 200);
        assert.equal((await get("api", "/v1/x", client(randomUUID(), subject))).status, 200);
    });

    for (const gone of ["ratelimit-redis", "ratelimit"]) {
        it(`lets everything pass while ${gone} is stopped`, async () => {
            await kubectl("scale", "deployment", gone, "--replicas=0");
            try {
                await pause(SETTLE_MS);
                const found = await statuses(plans.default.client.requests + 10, client());
                assert.deepEqual(new Set(found), new Set([200]));
            } finally {
                await kubectl("scale", "deployment", gone, "--replicas=1");
                await kubectl("rollout", "status", "deployment", gone, "--timeout=120s");
            }
        });
    }

    it("passes on to a host no more than its limit, whoever asks", async () => {
        const exposure = "{ ...one, ...(one.host === 'auth' && { limit: { requests: 5, per: 'hour' } }) }";
        const auth = `{ ...original.services["auth"]!, exposures: original.services["auth"]!.exposures!.map((one) => (${exposure})) }`;
        await up(
            withPlatform(`{ ...original, services: { ...original.services, auth: ${auth} } } as Catalogue`),
        );
        try {
            await pause(SETTLE_MS);
            const found: number[] = [];
            for (let n = 0; n < 8; n++) found.push((await get("auth", "/login")).status);
            assert.deepEqual(found, [...Array<number>(5).fill(200), ...Array<number>(3).fill(429)]);
            assert.equal((await get("api", "/v1/x", client())).status, 200);
        } finally {
            await up();
        }
    });

    it("holds an idle WebSocket while the gateway that it came in by is replaced", async () => {
        const socket = await webSocket(target("ws", "/v1/events", client()));
        let pongs = 0;
        const end = new AbortController();
        socket.on("data", (data: Buffer) => (pongs += data.includes(PONG) ? 1 : 0));
        for (const event of ["close", "error"])
            socket.on(event, () => {
                end.abort();
            });
        await kubectl("rollout", "restart", "deployment", "istio-ingressgateway");
        await kubectl("rollout", "status", "deployment", "istio-ingressgateway", "--timeout=120s");
        const until = Date.now() + HELD_MS;
        let pings = 0;
        for (; Date.now() < until && !end.signal.aborted; pings++) {
            socket.write(PING);
            await pause(5_000);
        }
        assert.equal(end.signal.aborted, false);
        assert.equal(pongs, pings);
        socket.destroy();
        // The new one answers meanwhile.
        assert.equal((await get("api", "/v1/x", client())).status, 200);
    });
});

/** Frames without a payload (RFC 6455): a client's is masked, with zeros. */
const PING = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);
const PONG = Buffer.from([0x8a, 0x00]);

function webSocket(options: RequestOptions): Promise<Duplex> {
    const headers = {
        ...(options.headers as Record<string, string>),
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
