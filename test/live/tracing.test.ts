/** Which requests are traced, who has a say in it, and what a trace joins. */
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
/** The id of a trace that a client claims to be in. */
const CLAIMED = "0af7651916cd43dd8448eb211c80319c";
/** How far chance may carry a count from what is expected: one run in 15,000 lies further off. */
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

describe("tracing on the node", function () {
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

    /** How many traces begin at a proxy while requests are made; waits until no more come. */
    async function begun(service: string, act: () => Promise<unknown>): Promise<number> {
        const settled = async (): Promise<number> => {
            let last = -1;
            await eventually(async () => {
                const before = last;
                last = await roots(service);
                // Proxies send what they have every five seconds.
                await new Promise((done) => setTimeout(done, 7_000));
                assert.equal(await roots(service), last, `${before} before`);
            });
            return last;
        };
        const before = await settled();
        await act();
        return (await settled()) - before;
    }

    function within(found: number, of: number, percent: number): void {
        const share = percent / 100;
        const off = SIGMAS * Math.sqrt(of * share * (1 - share));
        const text = `${found} of ${of} are traced; expected ${of * share} ± ${off.toFixed(1)}`;
        process.stdout.write(`      ${text}\n`);
        assert.ok(Math.abs(found - of * share) <= off, text);
    }

    async function ask(host: string, path: string, headers: Headers, status = 200): Promise<string> {
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
            await ask("auth", "/login", {});
        });
    });

    after(() => {
        agent.destroy();
    });

    describe("of 20,000 calls that services make of their own", () => {
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
            it(`traces ${caller}'s share`, async () => {
                const found = await begun(`${caller}.sparc`, async () => {
                    const all = Array.from({ length: count }, () => ({ ...request, timeoutMs: 30_000 }));
                    const results = await node.probe(caller, all, 16);
                    const failed = results.filter(({ outcome }) => outcome !== "answered");
                    assert.deepEqual(failed.slice(0, 3), []);
                });
                within(found, count, sampling(serviceOf(platform, caller)));
            });
        }
    });

    describe("of clients' requests", () => {
        const player = (tenant: string) => bearer(sign, { tenant, plan: "enterprise" });

        it("traces the share of the service that is asked, whatever a client says of it", async () => {
            const forced = {
                traceparent: `00-${CLAIMED}-b7ad6b7169203331-01`,
                "x-client-trace-id": "1",
                "x-envoy-force-trace": "true",
                // Its fifteenth character says that it was picked.
                "x-request-id": "00000000-0000-9000-8000-000000000000",
                "x-tenant": "acme",
            };
            const found = await begun(GATEWAY, () =>
                times(2_000, async () => {
                    const tenant = randomUUID();
                    await ask("stream", `/hls/${tenant}/7/x`, { ...player(tenant), ...forced });
                }),
            );
            within(found, 2_000, sampling(serviceOf(platform, "video")));
            assert.deepEqual(await spansOf(CLAIMED), []);
        });

        it("traces all of a critical service, though a client would rather not", async () => {
            const hidden = { traceparent: `00-${CLAIMED}-b7ad6b7169203331-00` };
            const found = await begun(GATEWAY, () => times(200, () => ask("auth", "/login", hidden)));
            within(found, 200, 100);
        });

        it("traces more of a tenant, if the stack says so", async () => {
            assert.deepEqual(telemetry.tracing.tenants, { acme: 100 });
            const found = await begun(GATEWAY, () =>
                times(200, () => ask("stream", "/hls/acme/7/x", player("acme"))),
            );
            within(found, 200, 100);
        });
    });

    it("goes on at the egress gateway, which knows whose a request was that leaves without saying it", async () => {
        const all = ["acme", "nobody-listed", undefined].map((tenant) => ({
            trace: randomUUID().replaceAll("-", ""),
            tenant,
        }));
        const results = await node.probe(
            "notifications",
            all.map(({ trace, tenant }) => ({
                address: "api.twilio.com:80",
                path: "/?account=1",
                headers: {
                    // As a request that is traced has them, which a service hands on; of the id the fifteenth character says so.
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

    it("joins what four services did for one request, and tells nobody's token", async () => {
        const next = [
            `http://${serviceHost("video")}:8080/v1/sessions/7`,
            `http://${serviceHost("recordings")}:8080/v1/recordings/7`,
            `grpc://${serviceHost("audit")}:9090/sparc.audit.v1.Audit/Record`,
        ].join(" ");
        const { authorization = "" } = bearer(sign, { tenant: "acme", plan: "enterprise" });
        const token = authorization.replace("Bearer ", "");
        const body = await ask("api", `/v1/x?access_token=${token}`, { "standin-then": next });
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
