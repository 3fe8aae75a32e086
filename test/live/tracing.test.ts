/** Sampling of traces, and the spans of a trace. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Agent } from "node:https";
import { platform } from "../../catalogue/platform";
import { sampling, serviceOf } from "../../catalogue/query";
import { serviceHost } from "../../components/base/names";
import type { Sign } from "../../cli/verify";
import { loadStackFile } from "../../config/load";
import { CHECKOUT } from "./checkout";
import { get, target } from "./client";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { bearer, signerOf } from "./tokens";

const EGRESS = "istio-egressgateway.istio-egress";
const GATEWAY = "istio-ingressgateway.istio-ingress";
/** A trace id that a client sends. */
const CLAIMED = "0af7651916cd43dd8448eb211c80319c";
/** Tolerance in standard deviations: by chance, one run in 15,000 exceeds it. */
const SIGMAS = 4;

interface Span {
    readonly span: string;
    readonly parent: string;
    readonly service: string;
    readonly kind: string;
    readonly tags: Readonly<Record<string, string>>;
}

interface Kept {
    readonly services: Readonly<Record<string, { readonly root: number } | undefined>>;
}

type Headers = Readonly<Record<string, string>>;

describe("tracing on the local cluster", function () {
    this.timeout(600_000);
    const { domain, edge, telemetry } = loadStackFile("local", CHECKOUT);
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    let node: Deployment;
    let sign: Sign;

    async function collected(...args: string[]): Promise<string> {
        return await node.kubectl([
            ...[
                "exec",
                "--namespace",
                "monitoring",
                "deployment/collector",
                "--container",
                "collector",
                "--",
            ],
            ...["/standin", "traces", ...args],
        ]);
    }

    async function spansOf(trace: string): Promise<readonly Span[]> {
        return (JSON.parse(await collected("--trace", trace)) as { spans: Span[] }).spans;
    }

    async function roots(service: string): Promise<number> {
        return (JSON.parse(await collected()) as Kept).services[service]?.root ?? 0;
    }

    /** How many traces start at a proxy during `act`; waits until no more arrive. */
    async function newTraces(service: string, act: () => Promise<unknown>): Promise<number> {
        const stableCount = async (): Promise<number> => {
            let last = -1;
            await eventually(async () => {
                const before = last;
                last = await roots(service);
                // Proxies flush their spans every five seconds.
                await new Promise((done) => setTimeout(done, 7_000));
                assert.equal(await roots(service), last, `${before} before`);
            });
            return last;
        };
        const before = await stableCount();
        await act();
        return (await stableCount()) - before;
    }

    function assertShare(traced: number, of: number, percent: number): void {
        const share = percent / 100;
        const off = SIGMAS * Math.sqrt(of * share * (1 - share));
        const text = `${traced} of ${of} are traced; expected ${of * share} ± ${off.toFixed(1)}`;
        process.stdout.write(`      ${text}\n`);
        assert.ok(Math.abs(traced - of * share) <= off, text);
    }

    async function send(host: string, path: string, headers: Headers, status = 200): Promise<string> {
        const answer = await get(target(node.entry, `${host}.${domain}`, path, headers), agent);
        assert.equal(answer.status, status, answer.body);
        return answer.body;
    }

    async function times(count: number, one: () => Promise<unknown>): Promise<void> {
        let left = count;
        const worker = async () => {
            while (left-- > 0) await one();
        };
        await Promise.all(Array.from({ length: 16 }, worker));
    }

    before(async () => {
        node = await Deployment.of();
        sign = await signerOf(edge.issuers[0]);
        await eventually(async () => {
            await send("auth", "/login", {});
        });
    });

    after(() => {
        agent.destroy();
    });

    describe("of 20,000 calls that services initiate", () => {
        const recordings = { address: `${serviceHost("recordings")}:8080`, path: "/v1/recordings/7" };
        const tenants = {
            protocol: "grpc",
            address: `${serviceHost("tenants")}:9090`,
            method: "/sparc.tenants.v1.Tenants/Get",
        };
        for (const [caller, count, request] of [
            ["auth", 4_000, tenants],
            ["video", 10_000, recordings],
            ["api-gateway", 6_000, recordings],
        ] as const) {
            it(`samples ${caller}'s rate`, async () => {
                const traced = await newTraces(`${caller}.sparc`, async () => {
                    const all = Array.from({ length: count }, () => ({ ...request, timeoutMs: 30_000 }));
                    const results = await node.probe(caller, all, 16);
                    const failed = results.filter(({ outcome }) => outcome !== "answered");
                    assert.deepEqual(failed.slice(0, 3), []);
                });
                assertShare(traced, count, sampling(serviceOf(platform, caller)));
            });
        }
    });

    describe("of clients' requests", () => {
        const player = (tenant: string) => bearer(sign, { tenant, plan: "enterprise" });

        it("samples the called service's rate, whatever headers a client sends", async () => {
            const forced = {
                traceparent: `00-${CLAIMED}-b7ad6b7169203331-01`,
                "x-client-trace-id": "1",
                "x-envoy-force-trace": "true",
                // The 15th character of the request id marks it as sampled.
                "x-request-id": "00000000-0000-9000-8000-000000000000",
                "x-tenant": "acme",
            };
            const traced = await newTraces(GATEWAY, () =>
                times(2_000, async () => {
                    const tenant = randomUUID();
                    await send("stream", `/hls/${tenant}/7/x`, { ...player(tenant), ...forced });
                }),
            );
            assertShare(traced, 2_000, sampling(serviceOf(platform, "video")));
            assert.deepEqual(await spansOf(CLAIMED), []);
        });

        it("samples all requests of a critical service, even if a client opts out", async () => {
            const hidden = { traceparent: `00-${CLAIMED}-b7ad6b7169203331-00` };
            const traced = await newTraces(GATEWAY, () => times(200, () => send("auth", "/login", hidden)));
            assertShare(traced, 200, 100);
        });

        it("samples more requests of a tenant, if the stack configures it", async () => {
            assert.deepEqual(telemetry.tracing.samplingPercentByTenant, { acme: 100 });
            const traced = await newTraces(GATEWAY, () =>
                times(200, () => send("stream", "/hls/acme/7/x", player("acme"))),
            );
            assertShare(traced, 200, 100);
        });
    });

    it("continues traces at the egress gateway, which records the tenant and removes it from the request", async () => {
        const all = ["acme", "unlisted", undefined].map((tenant) => ({
            trace: randomUUID().replaceAll("-", ""),
            tenant,
        }));
        const results = await node.probe(
            "notifications",
            all.map(({ trace, tenant }) => ({
                address: "api.twilio.com:80",
                path: "/?account=1",
                headers: {
                    // The headers of a traced request, which a service propagates; the id's 15th character marks it as sampled.
                    "x-request-id": randomUUID().replace(/(?<=^.{14})./, "9"),
                    traceparent: `00-${trace}-b7ad6b7169203331-01`,
                    "x-forwarded-for": "203.0.113.7",
                    ...(tenant === undefined ? {} : { "x-tenant": tenant }),
                },
            })),
        );
        assert.ok(results.every(({ outcome }) => outcome === "answered"));
        await eventually(async () => {
            const tenants = await Promise.all(
                all.map(async ({ trace }) => {
                    const spans = await spansOf(trace);
                    const [caller] = spans.filter(({ service }) => service === "notifications.sparc");
                    const [gateway] = spans.filter(
                        ({ service, kind }) => service === EGRESS && kind === "server",
                    );
                    assert.equal(gateway?.parent, caller?.span ?? "no span of the caller");
                    assert.ok(!JSON.stringify(spans).includes("account=1"));
                    return gateway.tags["tenant"];
                }),
            );
            assert.deepEqual(tenants, ["acme", "other", "none"]);
        });
    });

    it("joins the spans of four services for one request, without tokens", async () => {
        const next = [
            `http://${serviceHost("video")}:8080/v1/sessions/7`,
            `http://${serviceHost("recordings")}:8080/v1/recordings/7`,
            `grpc://${serviceHost("audit")}:9090/sparc.audit.v1.Audit/Record`,
        ].join(" ");
        const { authorization = "" } = bearer(sign, { tenant: "acme", plan: "enterprise" });
        const token = authorization.replace("Bearer ", "");
        const body = await send("api", `/v1/x?access_token=${token}`, { "standin-then": next });
        const { headers } = JSON.parse(body) as { headers: Record<string, string> };
        const [, trace = ""] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(headers["traceparent"] ?? "") ?? [];
        await eventually(async () => {
            const spans = await spansOf(trace);
            const answering = spans.filter(({ kind }) => kind === "server").map(({ service }) => service);
            const services = ["api-gateway", "audit", "recordings", "video"].map((name) => `${name}.sparc`);
            assert.deepEqual(answering.sort(), [...services, GATEWAY].sort());
            const byId = new Map(spans.map((span) => [span.span, span]));
            const path: string[] = [];
            for (
                let at = spans.find(({ kind, service }) => kind === "server" && service === "audit.sparc");
                at !== undefined;
                at = byId.get(at.parent)
            )
                path.unshift(`${at.service} ${at.kind}`);
            assert.deepEqual(path, [
                `${GATEWAY} server`,
                `${GATEWAY} client`,
                ...["api-gateway", "video", "recordings"].flatMap((name) => [
                    `${name}.sparc server`,
                    `${name}.sparc client`,
                ]),
                "audit.sparc server",
            ]);
            for (const { service, tags } of spans.filter(({ kind }) => kind === "server"))
                assert.equal(tags["tenant"], "acme", service);
            assert.ok(!JSON.stringify(spans).includes(token.slice(0, 40)));
            assert.ok(spans.some(({ tags }) => tags["http.url"]?.endsWith("/v1/x")));
        });
    });
});
