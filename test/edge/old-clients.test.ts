/** Clients with many headers, HTTP/1.0 or TLS without SNI, at a gateway with a real istiod and a real Envoy. */
import assert from "node:assert/strict";
import { type Server } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import type { Catalogue, Exposure } from "../../catalogue/model";
import { platform as sample } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";
import { type KeyPair, createAuthority, issue } from "../../local/node/authority";
import { JWKS, startApp } from "../support/envoy/edge";
import { type RunningEnvoy, requireEnvoy } from "../support/envoy/program";
import { type ControlPlane, requireToolchain, startControlPlane } from "../support/istiod/control-plane";
import { startGateway } from "../support/istiod/gateway";
import { skip } from "../support/skip";

const stack = loadStackFile("local", `${__dirname}/../..`);
const ORIGIN = "https://app.example.com";
const HOST = {
    api: `api.${stack.domain}`,
    open: `auth.${stack.domain}`,
    mqtt: `mqtt.${stack.domain}`,
    rtsps: `ingest.${stack.domain}`,
};
const KINDS = ["Gateway", "VirtualService", "AuthorizationPolicy", "EnvoyFilter", "RequestAuthentication"];

/** The sample with changed exposures. */
function changed(change: (exposure: Exposure) => Exposure): Catalogue {
    const services = Object.entries(sample.services).map(([name, service]) => [
        name,
        service.exposures === undefined
            ? service
            : { ...service, exposures: service.exposures.map((one) => change(one)) },
    ]);
    return { ...sample, services: Object.fromEntries(services) as Catalogue["services"] };
}

/** MQTT without SNI, and RTSP without SNI but with a client certificate. */
const GRANTED = changed((one) => {
    if (one.host === "mqtt") return { ...one, withoutSni: true };
    if (one.host !== "ingest") return one;
    return { ...one, withoutSni: true, clientCertificate: { authority: "devices" } };
});

describe("clients at a gateway with a real istiod", function () {
    this.timeout(240_000);
    let plane: ControlPlane | undefined;
    let gateway: RunningEnvoy | undefined;
    let app: Server | undefined;
    let edgeCa: KeyPair;
    let camera: KeyPair;
    let address = "";

    const starting = (at: string, catalogue: Catalogue, edge: Partial<MeshConfig["edge"]>) =>
        async function (this: Mocha.Context) {
            if (process.getuid?.() !== 0)
                skip(this, "the gateway's ports are below 1024, which requires root");
            const toolchain = await requireToolchain(this);
            const envoy = await requireEnvoy(this);
            address = at;
            app = await startApp();
            edgeCa = await createAuthority("edge");
            const devices = await createAuthority("devices");
            camera = await issue(devices, { commonName: "camera", dnsNames: ["camera"], usages: ["client"] });
            const server = await issue(edgeCa, {
                commonName: "gateway",
                dnsNames: Object.values(HOST),
                usages: ["server"],
            });
            const issuers = stack.edge.issuers.map((one) => ({ ...one, jwks: JWKS }));
            const config = { ...stack, edge: { ...stack.edge, issuers, corsOrigins: [ORIGIN], ...edge } };
            const objects = deriveAll({ catalogue, config }).objects.filter(
                ({ kind, metadata }) =>
                    KINDS.includes(kind) &&
                    (["istio-ingress", "istio-system"].includes(metadata.namespace ?? "") ||
                        kind === "VirtualService") &&
                    // It calls the rate limit service, which does not run here.
                    !metadata.name.includes("limit"),
            );
            plane = await startControlPlane(toolchain, objects, {
                pathNormalization: { normalization: "BASE" },
            });
            gateway = await startGateway(envoy, plane, {
                gateway: "istio-ingressgateway",
                address,
                port: 443,
                appPort: (app.address() as AddressInfo).port,
                credentials: {
                    "istio-ingressgateway-certificate": server,
                    "istio-ingressgateway-ingest-api-certificate": server,
                    "istio-ingressgateway-mqtt-certificate": server,
                    "istio-ingressgateway-ingest-certificate": server,
                    "client-devices-cacert": { authority: devices.certificate },
                },
            });
        };
    const stopping = async () => {
        await gateway?.stop();
        await plane?.stop();
        app?.close();
        gateway = undefined;
        plane = undefined;
    };

    /** The response to `text`, or the error code of the connection. */
    function talk(
        port: number,
        servername: string,
        text: string,
        more: ConnectionOptions = {},
    ): Promise<string> {
        return new Promise((resolve) => {
            let answer = "";
            const socket = connect({
                ...{ host: address, port, servername, ca: edgeCa.certificate },
                checkServerIdentity: () => undefined,
                ...more,
            });
            const end = (what: string) => {
                socket.destroy();
                resolve(what);
            };
            socket.setTimeout(10_000, () => {
                end("timed out");
            });
            socket.once("secureConnect", () => socket.write(text));
            socket.on("data", (chunk: Buffer) => {
                answer += chunk.toString("latin1");
                if (answer.includes("\r\n\r\n")) end(answer);
            });
            socket.once("error", ({ code = "error" }: Error & { code?: string }) => {
                end(code);
            });
            socket.once("close", () => {
                end(answer === "" ? "closed" : answer);
            });
        });
    }

    const request = (version: string, lines: readonly string[], target = "/login") =>
        `POST ${target} HTTP/${version}\r\n${[...lines, "content-length: 0"].join("\r\n")}\r\n\r\n`;
    const status = (answer: string) => /^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1] ?? answer;
    const post = async (version: string, lines: readonly string[], target?: string) =>
        status(await talk(443, HOST.open, request(version, lines, target)));
    const many = (count: number) => Array.from({ length: count }, (_, index) => `x-many-${index}: 1`);
    const large = (kib: number) =>
        Array.from({ length: kib }, (_, index) => `x-${index}: ${"a".repeat(1018)}`);
    const PLAIN = request("1.1", [`host: ${HOST.mqtt}`]);

    async function post2(host: string, lines: readonly string[]): Promise<Record<string, unknown>> {
        const session = connectHttp2(`https://${address}`, {
            ...{ servername: host, ca: edgeCa.certificate, maxSendHeaderBlockLength: 1_048_576 },
        });
        try {
            return await new Promise((resolve) => {
                const failed = (error: Error & { code?: string }) => {
                    resolve({ ":status": error.code ?? error.message });
                };
                session.once("error", failed);
                const headers = Object.fromEntries(lines.map((line) => line.split(": ") as [string, string]));
                const stream = session.request({
                    ...{ ":method": "POST", ":path": "/login", ":authority": host, origin: ORIGIN },
                    ...headers,
                });
                stream.once("response", resolve).once("error", failed);
                stream.end();
            });
        } finally {
            session.destroy();
        }
    }

    describe("by default", () => {
        before(starting("127.3.8.1", sample, {}));
        after(stopping);

        it("can send 59 KiB or 80 headers, and get 431 for 70 KiB and 115 headers, also over HTTP/2", async () => {
            const host = `host: ${HOST.open}`;
            assert.equal(await post("1.1", [host, ...large(59)]), "200");
            assert.equal(await post("1.1", [host, ...many(80)]), "200");
            assert.equal(await post("1.1", [host, ...large(70)]), "431");
            assert.equal(await post("1.1", [host, ...many(115)]), "431");
            assert.equal((await post2(HOST.open, large(59)))[":status"], 200);
            assert.equal((await post2(HOST.open, large(70)))[":status"], 431);
            assert.equal((await post2(HOST.open, many(115)))[":status"], 431);
        });

        it("from a listed origin can read the 431", async () => {
            const got = await post2(HOST.api, many(115));
            assert.equal(got[":status"], 431);
            assert.equal(got["access-control-allow-origin"], ORIGIN);
        });

        it("with HTTP/1.0 get 426", async () => {
            assert.equal(await post("1.0", [`host: ${HOST.open}`]), "426");
            assert.equal(await post("1.0", []), "426");
        });

        it("without SNI get no connection", async () => {
            for (const port of [443, 8883, 322]) assert.equal(await talk(port, "", PLAIN), "ECONNRESET");
            assert.equal(status(await talk(8883, HOST.mqtt, PLAIN)), "200");
            assert.equal(await talk(8883, HOST.open, PLAIN), "ECONNRESET");
        });
    });

    describe("if a stack allows it", () => {
        before(
            starting("127.3.8.2", GRANTED, { http10: true, requestHeaders: { maxKb: 96, maxCount: 150 } }),
        );
        after(stopping);

        it("can send 95 KiB or 145 headers", async () => {
            assert.equal(await post("1.1", [`host: ${HOST.open}`, ...large(95)]), "200");
            assert.equal((await post2(HOST.open, many(145)))[":status"], 200);
            assert.equal((await post2(HOST.open, many(170)))[":status"], 431);
        });

        it("with HTTP/1.0 are answered by the host in their Host header, and get no answer without one", async () => {
            assert.equal(await post("1.0", [`host: ${HOST.open}`]), "200");
            assert.equal(await post("1.0", [], `https://${HOST.open}/login`), "200");
            assert.equal(await post("1.0", []), "400");
            assert.equal(await post("1.0", ["host:"]), "403");
            assert.equal(await post("1.0", ["host: nowhere.example.com"]), "403");
            assert.equal(await post("1.0", [`host: ${HOST.api}`], "/v1/alerts"), "403");
        });

        it("with HTTP/1.0 get responses that end with the connection", async () => {
            const answer = await talk(443, HOST.open, request("1.0", [`host: ${HOST.open}`]));
            assert.match(answer, /connection: close/i);
            assert.doesNotMatch(answer, /transfer-encoding/i);
        });

        it("without SNI reach the single host of the port, but none at 443", async () => {
            assert.equal(status(await talk(8883, "", PLAIN)), "200");
            assert.equal(status(await talk(8883, HOST.mqtt, PLAIN)), "200");
            assert.equal(await talk(443, "", PLAIN), "ECONNRESET");
        });

        it("with the SNI of another host reach nothing there", async () => {
            for (const name of [HOST.open, HOST.rtsps, "x.example.com"])
                assert.match(await talk(8883, name, PLAIN), /^(closed|ECONNRESET)$/);
        });

        it("without SNI must present their certificate, too", async () => {
            for (const name of ["", HOST.rtsps]) {
                assert.match(await talk(322, name, PLAIN), /^(closed|ECONNRESET|ERR_SSL_\w+)$/);
                const certified = { cert: camera.certificate, key: camera.key };
                assert.equal(status(await talk(322, name, PLAIN, certified)), "200");
            }
            const other = { cert: camera.certificate, key: camera.key };
            assert.match(await talk(322, HOST.mqtt, PLAIN, other), /^(closed|ECONNRESET)$/);
        });
    });
});
