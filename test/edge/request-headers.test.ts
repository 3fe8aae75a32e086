/** Many and large headers, through the derived configuration of a gateway and a sidecar in a real Envoy. */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import type { MeshConfig } from "../../config/schema";
import { type Edge, JWKS, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";
import { type ControlPlane, requireToolchain, startControlPlane } from "../support/istiod/control-plane";
import { inboundChains } from "../support/istiod/inbound";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const host = `api.${config.domain}`;
const authorization = `Bearer ${token({ iss: name, aud: audiences[0], tenant: "acme", roles: Array(200).fill("r") })}`;

type Limits = MeshConfig["edge"]["requestHeaders"];
type Headers = Record<string, string>;

/** `kib` KiB in 8 headers. */
const large = (kib: number): Headers =>
    Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`x-large-${index}`, "a".repeat(kib * 128)]));
const many = (count: number): Headers =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-many-${index}`, "1"]));

interface Got {
    readonly status: number | string;
    readonly headers: Headers;
    readonly body: string;
}

async function overHttp2(port: number, headers: Headers): Promise<Got> {
    const session = connect(`http://127.0.0.1:${port}`, { maxSendHeaderBlockLength: 16_777_216 });
    try {
        return await new Promise((resolve) => {
            const failed = (error: Error & { code?: string }) => {
                resolve({ status: error.code ?? error.message, headers: {}, body: "" });
            };
            session.once("error", failed);
            const request = session.request({ ":path": "/v1/alerts", ":authority": host, ...headers });
            let body = "";
            let got: Headers = {};
            request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
            request
                .once("response", (received) => (got = received as unknown as Headers))
                .once("error", failed);
            request.once("end", () => {
                resolve({ status: Number(got[":status"] ?? 0), headers: got, body });
            });
        });
    } finally {
        session.destroy();
    }
}

describe("request headers, in a real Envoy", function () {
    this.timeout(60_000);
    let program: string;
    let edge: Edge | undefined;
    before(async function () {
        program = await requireEnvoy(this);
    });
    const starting = (limits?: Limits) => async () => {
        const stack = withEdge({
            issuers: [{ issuer: name, audiences, claims, jwks: JWKS }],
            ...(limits === undefined ? {} : { requestHeaders: limits }),
        });
        edge = await startEdge(program, {
            gateway: "public",
            service: "api-gateway",
            port: 8080,
            objects: objectsOf({ config: stack }),
        });
    };
    const stopping = async () => {
        await edge?.stop();
        edge = undefined;
    };

    const VERSIONS = {
        "HTTP/1.1": (headers: Headers): Promise<Got> =>
            edge!.viaGateway({ path: "/v1/alerts", host, headers: { authorization, ...headers } }),
        "HTTP/2": (headers: Headers) => overHttp2(edge!.port, { authorization, ...headers }),
    };

    function arrive(what: string, headers: Headers): void {
        for (const [version, send] of Object.entries(VERSIONS))
            it(`${what} reach the service over ${version}`, async () => {
                const got = await send(headers);
                assert.equal(got.status, 200, JSON.stringify(got).slice(0, 300));
                const seen = receivedRequest({ ...got, status: 200 });
                for (const [key, value] of Object.entries(headers)) assert.equal(seen.headers[key], value);
            });
    }
    function itRejects(what: string, headers: Headers): void {
        for (const [version, send] of Object.entries(VERSIONS))
            it(`${what} get 431 with a reason over ${version}`, async () => {
                const got = await send(headers);
                assert.equal(got.status, 431, JSON.stringify(got).slice(0, 300));
                assert.match(got.body, /^request-headers: /);
            });
    }

    describe("by default", () => {
        before(starting());
        after(stopping);
        arrive("59 KiB", large(59));
        arrive("95 headers", many(95));
        itRejects("70 KiB", large(70));
        itRejects("115 headers", many(115));
        it("130 KiB, which the HTTP/1.1 codec does not parse, get its 431", async () => {
            assert.equal((await VERSIONS["HTTP/1.1"](large(130))).status, 431);
        });
    });

    describe("with limits of 96 KiB and 150 headers", () => {
        before(starting({ maxKb: 96, maxCount: 150 }));
        after(stopping);
        arrive("95 KiB", large(95));
        arrive("105 headers", many(105));
        arrive("145 headers", many(145));
        itRejects("105 KiB", large(105));
        itRejects("170 headers", many(170));
    });

    describe("with the maximum limits", () => {
        before(starting({ maxKb: 512, maxCount: 1000 }));
        after(stopping);
        arrive("500 KiB", large(500));
        arrive("990 headers", many(990));
        itRejects("530 KiB", large(530));
        itRejects("1050 headers", many(1050));
    });

    describe("with the minimum limits", () => {
        before(starting({ maxKb: 16, maxCount: 50 }));
        after(stopping);
        arrive("15 KiB", large(15));
        itRejects("25 KiB", large(25));
        itRejects("70 headers", many(70));
    });
});

/** A pod that serves HTTP, registered with istiod without mutual TLS, which would need a CA. */
const PROXY = { namespace: "sparc", labels: { app: "sample" }, address: "10.9.0.9" };
const PORT = 8080;
const SURROUNDINGS = [
    {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "sample", namespace: "sparc" },
        spec: {
            hosts: ["sample.sparc.svc.cluster.local"],
            location: "MESH_INTERNAL",
            resolution: "STATIC",
            ports: [{ number: PORT, name: "http", protocol: "HTTP" }],
            endpoints: [{ address: PROXY.address, labels: PROXY.labels }],
        },
    },
    {
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        metadata: { name: "default", namespace: "istio-system" },
        spec: { mtls: { mode: "DISABLE" } },
    },
];

describe("request headers at a sidecar with a real istiod", function () {
    this.timeout(240_000);
    let plane: ControlPlane | undefined;
    after(() => plane?.stop());

    it("can be twice the clients' limits", async function () {
        const toolchain = await requireToolchain(this);
        const envoy = await requireEnvoy(this);
        const filters = objectsOf().filter(
            ({ kind, metadata }) => kind === "EnvoyFilter" && metadata.namespace === "istio-system",
        );
        plane = await startControlPlane(toolchain, [...filters, ...SURROUNDINGS], {});
        const managers = (await inboundChains(envoy, plane, PROXY, PORT))
            .flatMap((way) => way.filters)
            .filter((filter) => filter.name === "envoy.filters.network.http_connection_manager")
            .map(({ typed_config: manager }) => manager);
        assert.ok(managers.length > 0);
        for (const manager of managers) {
            const options = manager["common_http_protocol_options"] as { max_headers_count?: number };
            assert.equal(manager["max_request_headers_kb"], 120);
            assert.equal(options.max_headers_count, 200);
        }
    });
});
