/** A gateway and sidecars as a real istiod configures them, and an application that records what reaches it. */
import assert from "node:assert/strict";
import { connect as connectPlain, type Socket } from "node:net";
import { connect } from "node:tls";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { createAuthority, issue } from "../../../local/node/authority";
import { exchange } from "../../support/envoy/client";
import { cluster } from "../../support/envoy/edge";
import { type Field, sendHttp2 } from "../../support/envoy/http2";
import { requireEnvoy } from "../../support/envoy/program";
import { type Recorded, startRecordingApp } from "../../support/envoy/recorder";
import { requireToolchain, startControlPlane } from "../../support/istiod/control-plane";
import { startGateway } from "../../support/istiod/gateway";
import { type ServicePort, registered, startSidecars, withProtocol } from "../../support/istiod/sidecars";
import { skip } from "../../support/skip";
import { type Attempt, HOST, config, holes } from "./oracle";

const ADDRESS = "127.3.10.1";
const GATEWAY = "istio-ingressgateway";
const PORTS: readonly ServicePort[] = [
    { service: "api-gateway", port: 8080, protocol: "HTTP" },
    { service: "video", port: 8080, protocol: "HTTP" },
    { service: "realtime", port: 8090, protocol: "HTTP" },
    { service: "auth", port: 8080, protocol: "HTTP" },
    { service: "search", port: 8080, protocol: "HTTP" },
    { service: "video-ingest", port: 9090, protocol: "GRPC" },
    { service: "users", port: 9090, protocol: "GRPC" },
];
const KINDS = [
    "Gateway",
    "VirtualService",
    "AuthorizationPolicy",
    "EnvoyFilter",
    "RequestAuthentication",
    "PeerAuthentication",
];
export const VERSIONS = ["HTTP/1.1", "HTTP/2"] as const;
export type Version = (typeof VERSIONS)[number];

/** A request of a caller inside. */
export interface Call {
    readonly method?: string;
    readonly path?: string;
    readonly fields: readonly Field[];
    readonly trailers?: readonly Field[];
}

export interface Target {
    /** The holes of each attempt through the gateway; `arrived` counts the requests that the application received. */
    run(
        attempts: readonly Attempt[],
        versions?: readonly Version[],
    ): Promise<{ found: string[]; arrived: number }>;
    /** Sends a request to a service's sidecar with a caller's certificate; returns what the application received. */
    send(caller: string, service: string, version: Version, call: Call): Promise<readonly Recorded[]>;
    stop(): Promise<void>;
}

/** No hole; and the application received requests, so that the test shows something. */
export async function holds(
    target: Target,
    attempts: readonly Attempt[],
    minimum: number,
    versions: readonly Version[] = VERSIONS,
): Promise<void> {
    const { found, arrived } = await target.run(attempts, versions);
    assert.deepEqual(found, []);
    assert.ok(arrived >= minimum, `only ${arrived} requests arrived`);
}

/** Skips the suite of `context` where the toolchain is missing. */
export async function startTarget(context: Mocha.Context): Promise<Target> {
    if (process.getuid?.() !== 0) skip(context, "the gateway's ports are below 1024, which requires root");
    const toolchain = await requireToolchain(context);
    const envoy = await requireEnvoy(context);
    const app = await startRecordingApp();
    const edgeCa = await createAuthority("edge");
    const devices = await createAuthority("devices");
    const camera = await issue(devices, { commonName: "camera", dnsNames: ["camera"], usages: ["client"] });
    const server = await issue(edgeCa, {
        commonName: "gateway",
        dnsNames: Object.values(HOST),
        usages: ["server"],
    });
    const objects = deriveAll({ catalogue, config }).objects.filter(
        ({ kind, metadata }) =>
            KINDS.includes(kind) &&
            ["istio-ingress", "istio-system", "sparc"].includes(metadata.namespace ?? "") &&
            // It calls the rate limit service, which does not run here.
            !metadata.name.includes("limit"),
    );
    const plane = await startControlPlane(toolchain, [...objects, ...registered(PORTS)], {
        pathNormalization: { normalization: "BASE" },
    });
    const sidecars = await startSidecars(envoy, plane, {
        ports: PORTS,
        callers: [
            { name: "gateway", principal: `cluster.local/ns/istio-ingress/sa/${GATEWAY}` },
            ...["api-gateway", "analytics"].map((name) => ({
                name,
                principal: `cluster.local/ns/sparc/sa/${name}`,
            })),
        ],
        app: { HTTP: app.http1Port, GRPC: app.http2Port },
        network: "127.3.11",
    });
    const gateway = await startGateway(envoy, plane, {
        gateway: GATEWAY,
        address: ADDRESS,
        port: 443,
        clusterOf: (name) => {
            const one = PORTS.find(({ service }) => name.includes(`||${service}.sparc.`));
            if (one === undefined) return cluster(name, app.http1Port);
            return withProtocol(cluster(name, sidecars.portOf("gateway", one.service)), one.protocol);
        },
        credentials: {
            "istio-ingressgateway-certificate": server,
            "istio-ingressgateway-ingest-api-certificate": server,
            "istio-ingressgateway-mqtt-certificate": server,
            "istio-ingressgateway-ingest-certificate": server,
            "client-devices-cacert": { authority: devices.certificate },
        },
    });

    const toGateway = (host: string, version: Version): Promise<Socket> =>
        connected(
            connect({
                ...{ host: ADDRESS, port: 443, servername: host, ca: edgeCa.certificate },
                ALPNProtocols: [version === "HTTP/2" ? "h2" : "http/1.1"],
                ...(host === HOST.push ? { cert: camera.certificate, key: camera.key } : {}),
            }),
            "secureConnect",
        );
    const received = async (socket: Socket, version: Version, host: string, call: Call) => {
        app.taken();
        await sent(socket, version, host, call);
        return app.taken();
    };
    return {
        run: async (attempts, versions = VERSIONS) => {
            const found: string[] = [];
            let arrived = 0;
            for (const attempt of attempts)
                for (const version of versions) {
                    const socket = await toGateway(attempt.host, version);
                    const requests = await received(socket, version, attempt.host, attempt);
                    arrived += requests.length;
                    for (const request of requests)
                        for (const hole of holes(attempt, request))
                            found.push(`${attempt.what} over ${version}: ${hole}`);
                }
            return { found, arrived };
        },
        send: async (caller, service, version, call) => {
            const socket = connectPlain(sidecars.portOf(caller, service), "127.0.0.1");
            return received(await connected(socket, "connect"), version, service, call);
        },
        stop: async () => {
            await gateway.stop();
            await sidecars.stop();
            await plane.stop();
            app.stop();
        },
    };
}

function connected(socket: Socket, event: "connect" | "secureConnect"): Promise<Socket> {
    return new Promise((resolve, reject) => {
        socket.once("error", reject).once(event, () => {
            resolve(socket);
        });
    });
}

async function sent(
    socket: Socket,
    version: Version,
    host: string,
    { method = "GET", path = "/v1/search", fields, trailers = [] }: Call,
): Promise<void> {
    if (version === "HTTP/1.1") {
        await exchange(socket, http1(host, method, path, fields, trailers));
        return;
    }
    const lower = (all: readonly Field[]) => all.map(([name, value]): Field => [name.toLowerCase(), value]);
    const all = [...pseudo(host, method, path), ...lower(fields)];
    await sendHttp2(socket, { fields: all, trailers: lower(trailers) });
}

function pseudo(host: string, method: string, path: string): Field[] {
    return [
        [":method", method],
        [":scheme", "https"],
        [":authority", host],
        [":path", path],
    ];
}

function http1(
    host: string,
    method: string,
    path: string,
    fields: readonly Field[],
    trailers: readonly Field[],
): string {
    const lines = (all: readonly Field[]) => all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines(fields)}`;
    return trailers.length === 0
        ? `${head}\r\n`
        : `${head}transfer-encoding: chunked\r\n\r\n0\r\n${lines(trailers)}\r\n`;
}
