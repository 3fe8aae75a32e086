/**
 * A load balancer that speaks PROXY protocol v2, at the status port and at a data port of prod's public gateway: a real Envoy, with
 * the bootstrap that Istio's agent writes and the listeners that istiod sends.
 */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { config, withEdge } from "../support/edge";
import { requireEnvoy, type RunningEnvoy, startEnvoy } from "../support/envoy/program";
import { gatewayBootstrap } from "../support/istiod/bootstrap";
import { type ControlPlane, requireToolchain, startControlPlane } from "../support/istiod/control-plane";
import { startGateway } from "../support/istiod/gateway";
import { skip } from "../support/skip";

const GATEWAY = "istio-ingressgateway";
/** Other tests use other loopback addresses. */
const ADDRESS = "127.0.31.1";
/** The first 12 bytes of every PROXY protocol v2 header (the specification, section 2.2). */
const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** The header of a health check: the load balancer's own connection. */
const LOCAL = Buffer.concat([SIGNATURE, Buffer.from([0x20, 0x00, 0x00, 0x00])]);

/** The header of a client's connection: TCP over IPv4. */
const PROXIED = Buffer.concat([
    SIGNATURE,
    Buffer.from([0x21, 0x11, 0x00, 0x0c]),
    Buffer.from([203, 0, 113, 7, 10, 96, 0, 9]),
    Buffer.from([0xc3, 0x50, 0x01, 0xbb]),
]);

/** The status of `GET path` after `header`; 0 if the connection is closed without an answer. */
function statusOf(
    port: number,
    path: string,
    header: Buffer | undefined,
    address = "127.0.0.1",
): Promise<number> {
    return new Promise((resolve, reject) => {
        const socket = connect(port, address, () => {
            const request = `GET ${path} HTTP/1.1\r\nHost: api.sparc.example.com\r\nConnection: close\r\n\r\n`;
            socket.write(Buffer.concat([...(header === undefined ? [] : [header]), Buffer.from(request)]));
        });
        let answer = "";
        socket.on("data", (chunk) => (answer += chunk.toString()));
        socket.once("close", () => {
            resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0));
        });
        socket.once("error", (error: NodeJS.ErrnoException) => {
            if (error.code !== "ECONNRESET") reject(error);
        });
    });
}

interface Values {
    readonly env: Readonly<Record<string, string>>;
    readonly podAnnotations: Readonly<Record<string, string>>;
}

function gatewayOf(some: typeof config): { env: Values["env"]; proxyConfig: Record<string, unknown> } {
    const release = deriveAll({ catalogue, config: some }).releases.find(({ name }) => name === GATEWAY);
    const { env, podAnnotations } = release?.values as unknown as Values;
    return {
        env,
        proxyConfig: JSON.parse(podAnnotations["proxy.istio.io/config"] ?? "{}") as Record<string, unknown>,
    };
}

describe("the PROXY protocol at a gateway, with a real Envoy", function () {
    this.timeout(240_000);
    const { env, proxyConfig } = gatewayOf(config);
    const running: { stop(): Promise<void> }[] = [];
    after(async () => {
        for (const one of running.reverse()) await one.stop();
    });

    /** Envoy with the bootstrap of a gateway with these variables, and an agent that says it is ready. */
    async function startStatus(context: Mocha.Context, variables: Values["env"]): Promise<number> {
        const toolchain = await requireToolchain(context);
        const envoy = await requireEnvoy(context);
        const bootstrap = await gatewayBootstrap(toolchain, variables, proxyConfig);
        const agent: Server = createServer((request, response) => {
            response.writeHead(request.url === "/healthz/ready" ? 200 : 404).end();
        });
        await new Promise<void>((resolve) => agent.listen(bootstrap.agentPort, "127.0.0.1", resolve));
        running.push({
            stop: () =>
                new Promise((resolve) =>
                    agent.close(() => {
                        resolve();
                    }),
                ),
        });
        running.push(await startEnvoy(envoy, bootstrap.config, bootstrap.statusPort));
        return bootstrap.statusPort;
    }

    it("is accepted in health checks, and health checks without it are, too", async function () {
        const port = await startStatus(this, env);
        const path = "/healthz/ready";
        assert.deepEqual(
            [
                await statusOf(port, path, LOCAL),
                await statusOf(port, path, PROXIED),
                // The kubelet's.
                await statusOf(port, path, undefined),
            ],
            [200, 200, 200],
        );
    });

    it("would make every health check fail without the variable that the program sets", async function () {
        const { ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL: set, ...others } = env;
        assert.equal(set, "true");
        const port = await startStatus(this, others);
        assert.equal(await statusOf(port, "/healthz/ready", LOCAL), 400);
        assert.equal(await statusOf(port, "/healthz/ready", undefined), 200);
    });

    describe("on a data port", () => {
        let plane: ControlPlane | undefined;
        let direct: RunningEnvoy | undefined;
        let proxied: RunningEnvoy | undefined;
        before(async function () {
            if (process.getuid?.() !== 0)
                skip(this, "the gateway's ports are below 1024, which requires root");
            const toolchain = await requireToolchain(this);
            const envoy = await requireEnvoy(this);
            const objects = deriveAll({ catalogue, config }).objects.filter(
                ({ kind, metadata }) => kind === "Gateway" && metadata.name === "public-redirect",
            );
            assert.equal(objects.length, 1);
            plane = await startControlPlane(toolchain, objects, {});
            running.push(plane);
            const options = { gateway: GATEWAY, credentials: {}, appPort: 1, port: 80 };
            proxied = await startGateway(envoy, plane, { ...options, address: ADDRESS, proxyConfig });
            running.push(proxied);
            const other = gatewayOf(withEdge({ clientAddress: "direct" })).proxyConfig;
            direct = await startGateway(envoy, plane, {
                ...options,
                address: "127.0.31.2",
                proxyConfig: other,
            });
            running.push(direct);
        });

        it("is required behind a load balancer, so that no client can omit it", async () => {
            assert.equal(await statusOf(80, "/", PROXIED, ADDRESS), 301);
            assert.equal(await statusOf(80, "/", undefined, ADDRESS), 0);
        });

        it("is not understood where clients connect directly", async () => {
            assert.equal(await statusOf(80, "/", undefined, "127.0.31.2"), 301);
            assert.equal(await statusOf(80, "/", PROXIED, "127.0.31.2"), 400);
        });
    });
});
