/** Client certificates at a gateway with a real istiod and a real Envoy. */
import assert from "node:assert/strict";
import { type Server } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls";
import type { Catalogue, Exposure } from "../../catalogue/model";
import { platform as sample } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { type KeyPair, createAuthority, issue } from "../../local/node/authority";
import { JWKS, startApp } from "../support/envoy/edge";
import { type RunningEnvoy } from "../support/envoy/program";
import { requireEnvoy } from "../support/envoy/program";
import { type ControlPlane, requireToolchain, startControlPlane } from "../support/istiod/control-plane";
import { startGateway } from "../support/istiod/gateway";
import { skip } from "../support/skip";

const ADDRESS = "127.3.6.1";
const CAMERA = "camera-7.devices.example.com";
const stack = loadStackFile("local", `${__dirname}/../..`);
const issuers = stack.edge.issuers.map((one) => ({ ...one, jwks: JWKS }));
const config = { ...stack, edge: { ...stack.edge, issuers } };
const HOSTS = {
    device: `ingest-api.${config.domain}`,
    open: `auth.${config.domain}`,
    mqtt: `mqtt.${config.domain}`,
};

/** Cameras with one name, MQTT with a certificate of the same CA, and a host that requires none. */
function catalogue(): Catalogue {
    const { "video-ingest": ingest, "device-telemetry": telemetry } = sample.services;
    const certified = (one: Exposure, subjectAltNames?: readonly string[]): Exposure => ({
        ...one,
        clientCertificate: {
            authority: "devices",
            ...(subjectAltNames === undefined ? {} : { subjectAltNames }),
        },
    });
    return {
        ...sample,
        services: {
            ...sample.services,
            "video-ingest": {
                ...ingest!,
                exposures: ingest!.exposures!.map((one) =>
                    one.host === "ingest-api" ? certified(one, [CAMERA]) : one,
                ),
            },
            "device-telemetry": {
                ...telemetry!,
                exposures: telemetry!.exposures!.map((one) => certified(one)),
            },
        },
    };
}

const KINDS = ["Gateway", "VirtualService", "AuthorizationPolicy", "EnvoyFilter", "RequestAuthentication"];

describe("client certificates at a gateway with a real istiod", function () {
    this.timeout(240_000);
    let plane: ControlPlane | undefined;
    let gateway: RunningEnvoy | undefined;
    let app: Server;
    let edgeCa: KeyPair;
    const clients: Record<"camera" | "nameless" | "foreign", KeyPair | undefined> = {
        camera: undefined,
        nameless: undefined,
        foreign: undefined,
    };

    before(async function () {
        if (process.getuid?.() !== 0) skip(this, "the gateway's ports are below 1024, which requires root");
        const toolchain = await requireToolchain(this);
        const envoy = await requireEnvoy(this);
        app = await startApp();
        edgeCa = await createAuthority("edge");
        const devices = await createAuthority("devices");
        const server = (...dnsNames: string[]) =>
            issue(edgeCa, { commonName: "gateway", dnsNames, usages: ["server"] });
        const client = (authority: KeyPair, name: string) =>
            issue(authority, { commonName: name, dnsNames: [name], usages: ["client"] });
        clients.camera = await client(devices, CAMERA);
        clients.nameless = await client(devices, "other.devices.example.com");
        clients.foreign = await client(await createAuthority("devices"), CAMERA);
        const objects = deriveAll({ catalogue: catalogue(), config }).objects.filter(
            ({ kind, metadata }) =>
                KINDS.includes(kind) &&
                (metadata.namespace === "istio-ingress" || kind === "VirtualService") &&
                // It calls the rate limit service, which does not run here.
                !metadata.name.includes("limits"),
        );
        plane = await startControlPlane(toolchain, objects, {
            pathNormalization: { normalization: "BASE" },
        });
        gateway = await startGateway(envoy, plane, {
            gateway: "istio-ingressgateway",
            address: ADDRESS,
            port: 443,
            appPort: (app.address() as AddressInfo).port,
            credentials: {
                "istio-ingressgateway-certificate": await server(HOSTS.open),
                "istio-ingressgateway-ingest-api-certificate": await server(HOSTS.device),
                "istio-ingressgateway-mqtt-certificate": await server(HOSTS.mqtt),
                "client-devices-cacert": { authority: devices.certificate },
            },
        });
    });
    after(async () => {
        await gateway?.stop();
        await plane?.stop();
        (app as Server | undefined)?.close();
    });

    /** A connection after its handshake. In TLS 1.3 the server verifies the client certificate after the client's handshake. */
    function handshake(host: string, options: ConnectionOptions = {}): Promise<TLSSocket | string> {
        return new Promise((resolve) => {
            const socket = connect({
                host: ADDRESS,
                port: 443,
                servername: host,
                ca: edgeCa.certificate,
                ...options,
            });
            const end = (error?: Error & { code?: string }) => {
                resolve(error?.code ?? "closed");
            };
            socket.once("error", end).once("close", () => {
                end();
            });
            socket.once("secureConnect", () => {
                setTimeout(() => {
                    resolve(socket);
                }, 300);
            });
        });
    }

    const credentials = (pair: KeyPair | undefined): ConnectionOptions =>
        pair === undefined ? {} : { cert: pair.certificate, key: pair.key };

    async function post(
        sni: string,
        authority: string,
        pair?: KeyPair,
        headers: Record<string, string> = {},
    ): Promise<{ status: string; body: string }> {
        const socket = await handshake(sni, { ...credentials(pair), ALPNProtocols: ["h2"] });
        if (typeof socket === "string") return { status: socket, body: "" };
        const session = connectHttp2(`https://${authority}`, { createConnection: () => socket });
        try {
            return await new Promise((resolve, reject) => {
                session.once("error", reject);
                const request = session.request({
                    ":method": "POST",
                    ":path": authority === HOSTS.device ? "/sparc.ingest.v1.Ingest/Push" : "/login",
                    ":authority": authority,
                    ...(authority === HOSTS.device
                        ? { "content-type": "application/grpc", te: "trailers" }
                        : {}),
                    ...headers,
                });
                let body = "";
                let status = "";
                request.setEncoding("utf8");
                request.on("response", (received) => {
                    status = `${received[":status"] ?? "?"}${received["grpc-status"] === undefined ? "" : `/${String(received["grpc-status"])}`}`;
                });
                request.on("data", (chunk: string) => (body += chunk));
                request.once("error", reject);
                request.once("end", () => {
                    resolve({ status, body });
                });
                request.end();
            });
        } finally {
            session.destroy();
        }
    }

    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const)
        it(`are required in the handshake: none, a foreign one and one with another name fail (${maxVersion})`, async () => {
            for (const kind of ["none", "foreign", "nameless"] as const) {
                const pair = kind === "none" ? undefined : clients[kind];
                const connection = await handshake(HOSTS.device, { ...credentials(pair), maxVersion });
                assert.equal(typeof connection, "string", `${kind} got a connection`);
                assert.notEqual(connection, "closed", kind);
            }
            const socket = await handshake(HOSTS.device, { ...credentials(clients.camera), maxVersion });
            assert.ok(typeof socket !== "string", "refused");
            socket.destroy();
        });

    it("are forwarded to the service in the first XFCC element, without client data", async () => {
        const forged = { "x-forwarded-client-cert": "Hash=0;URI=spiffe://forged", "x-client-cert": "forged" };
        const { status, body } = await post(HOSTS.device, HOSTS.device, clients.camera, forged);
        assert.equal(status, "200");
        const { headers } = JSON.parse(body) as { headers: Record<string, string> };
        assert.match(
            headers["x-forwarded-client-cert"] ?? "",
            new RegExp(`Hash=[0-9a-f]{64};.*DNS=${CAMERA}$`),
        );
        assert.doesNotMatch(JSON.stringify(headers), /forged/);
        const open = await post(HOSTS.open, HOSTS.open, clients.camera, forged);
        assert.equal(open.status, "200");
        assert.doesNotMatch(open.body, /forged|x-forwarded-client-cert/);
    });

    it("apply by SNI, and a connection reaches no other host", async () => {
        assert.equal((await post(HOSTS.open, HOSTS.device)).status, "200/7");
        assert.equal((await post(HOSTS.open, HOSTS.device, clients.camera)).status, "200/7");
        assert.equal((await post(HOSTS.device, HOSTS.open, clients.camera)).status, "404");
    });

    it("apply to a session resumed from another host's handshake", async () => {
        for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
            const first = await handshake(HOSTS.open, { maxVersion });
            assert.ok(typeof first !== "string", "refused");
            const session = first.getSession();
            first.destroy();
            assert.ok(session !== undefined);
            const connection = await handshake(HOSTS.device, { session, maxVersion });
            assert.equal(
                typeof connection,
                "string",
                `a session was resumed without a certificate (${maxVersion})`,
            );
        }
    });

    it("apply on a TCP port, with any name if none is listed", async () => {
        const options = { port: 8883 };
        for (const pair of [undefined, clients.foreign])
            assert.equal(
                typeof (await handshake(HOSTS.mqtt, { ...options, ...credentials(pair) })),
                "string",
            );
        const socket = await handshake(HOSTS.mqtt, { ...options, ...credentials(clients.nameless) });
        assert.ok(typeof socket !== "string", "refused");
        socket.destroy();
    });
});
