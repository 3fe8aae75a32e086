/** Derived routes and circuit breakers with real requests, from a service's container through its sidecar. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { serviceHost } from "../../components/base/names";
import { withStack } from "./checkout";
import { Deployment, type ProbeResult } from "./deployment";
import { eventually } from "./eventually";

interface TestRequest {
    readonly method?: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
}

const TRAFFIC = {
    services: {
        recordings: {
            versions: { v1: 90, v2: 10 },
            variants: [{ to: "v2", for: { cookie: { name: "variant", value: "b" } } }],
        },
        alerts: { versions: { v1: 100, v2: 0 }, mirror: { to: "v2", percent: 100 } },
        search: { fault: { abort: { percent: 100, httpStatus: 418 } } },
    },
};

/** Until a change of replicas has reached every sidecar. */
const PROPAGATION_MS = 8_000;
/** Longer than new replicas' warm-up, and than an ejection (components/traffic/destination-rule.ts). */
const CHANGED_SHARES_MS = 60_000;

describe("traffic on the local cluster", function () {
    this.timeout(900_000);
    let node: Deployment;

    async function kubectl(args: readonly string[]): Promise<string> {
        return await node.kubectl(["--namespace", "sparc", ...args]);
    }

    /** Sends requests from api-gateway. @returns the results in order of completion */
    async function sendAll(
        host: string,
        toSend: readonly TestRequest[],
        concurrency = 8,
    ): Promise<ProbeResult[]> {
        const address = `${serviceHost(host)}:8080`;
        const requests = toSend.map((one) => ({ address, timeoutMs: 30_000, ...one }));
        return await node.probe("api-gateway", requests, concurrency);
    }

    async function sendOne(host: string, request: TestRequest): Promise<ProbeResult> {
        const [result] = await sendAll(host, [request]);
        return result ?? assert.fail("no result");
    }

    function times(count: number, request: TestRequest): TestRequest[] {
        return Array.from({ length: count }, () => request);
    }

    async function scale(service: string, replicas: number): Promise<void> {
        await kubectl(["scale", `deployment/${service}`, `--replicas=${replicas}`]);
        await kubectl(["rollout", "status", `deployment/${service}`, "--timeout=300s"]);
        await pause(PROPAGATION_MS);
    }

    /** How many requests had each result. */
    function tally(
        results: readonly ProbeResult[],
        of: (result: ProbeResult) => unknown,
    ): Record<string, number> {
        const counts: Record<string, number> = {};
        for (const result of results) counts[String(of(result))] = (counts[String(of(result))] ?? 0) + 1;
        return counts;
    }

    before(async () => {
        node = await Deployment.of();
    });

    after(() => node.up());

    describe("with the catalogue's settings", () => {
        it("times out after the call's timeout", async () => {
            // api-gateway's call to recordings has a timeout of 2 s for two attempts.
            const slow = await sendOne("recordings", { path: "/v1/recordings?delay=20s" });
            assert.equal(slow.status, 504, slow.detail);
            assert.ok(slow.ms >= 1_900 && slow.ms < 4_000, `${slow.ms} ms`);
        });

        it("is retried only if the call is idempotent", async () => {
            const get = await sendOne("recordings", { path: "/v1/recordings?status=503&failures=1" });
            assert.equal(get.status, 200, get.detail);
            assert.equal(get.answer?.attempt, 2);
            const post = await sendOne("recordings", {
                method: "POST",
                path: "/v1/recordings/7/exports?status=503&failures=1",
            });
            assert.equal(post.status, 503, post.detail);
            assert.equal(post.answer?.attempt, 1);
        });

        it("is rejected by the circuit breaker when a service is overloaded, and recovers afterwards", async () => {
            // recordings handles 100 concurrent requests on each of 3 replicas; one caller's replica gets half.
            const flood = sendAll("recordings", times(250, { path: "/v1/recordings?delay=900ms" }), 250);
            await pause(700);
            const other = await sendOne("alerts", { path: "/v1/alerts" });
            assert.equal(other.status, 200, other.detail);
            const results = await flood;
            const rejected = results.filter(({ status }) => status === 503);
            assert.ok(results.some(({ status }) => status === 200));
            assert.ok(
                rejected.length >= 50,
                `${rejected.length} refused: ${JSON.stringify(tally(results, ({ status, outcome }) => `${outcome} ${status}`))}`,
            );
            for (const { detail, ms } of rejected) {
                assert.match(detail, /x-envoy-overloaded/);
                assert.ok(ms < 900, `refused after ${ms} ms`);
            }
            const after = await sendAll("recordings", times(20, { path: "/v1/recordings" }));
            assert.deepEqual(
                tally(after, ({ status }) => status),
                { 200: 20 },
            );
        });

        it("ejects a failing replica, and uses it again later", async () => {
            await scale("recordings", 3);
            try {
                const shares = async () =>
                    tally(
                        await sendAll("recordings", times(60, { path: "/v1/recordings" })),
                        ({ answer }) => answer?.pod,
                    );
                let bad = "";
                // New replicas get their full share, which the statistics need, only after their warm-up.
                await eventually(async () => {
                    const counts = Object.entries(await shares());
                    assert.equal(counts.length, 3);
                    assert.ok(
                        counts.every(([, count]) => count >= 15),
                        JSON.stringify(counts),
                    );
                    [[bad] = [""]] = counts;
                }, CHANGED_SHARES_MS);
                // A POST is not retried, so it shows each failure. The replica fails every request.
                const request = { method: "POST", path: `/v1/recordings/7/exports?status=503&pod=${bad}` };
                const before = await sendAll("recordings", times(60, request), 2);
                assert.ok(before.some(({ status }) => status === 503));
                const during = await sendAll("recordings", times(60, request), 2);
                assert.deepEqual(
                    tally(during, ({ status }) => status),
                    { 200: 60 },
                );
                assert.equal(tally(during, ({ answer }) => answer?.pod)[bad], undefined);
                await eventually(async () => {
                    assert.ok(((await shares())[bad] ?? 0) > 0, "it is not used again");
                }, CHANGED_SHARES_MS);
            } finally {
                await scale("recordings", 1);
            }
        });
    });

    describe("with the stack's overrides", () => {
        before(() => node.up(withStack({ traffic: TRAFFIC })));

        it("is split 90:10 within one percent, over 10,000 requests", async () => {
            const results = await sendAll("recordings", times(10_000, { path: "/v1/recordings" }), 16);
            const { v1 = 0, v2 = 0, ...rest } = tally(results, ({ answer }) => answer?.version);
            assert.deepEqual(rest, {});
            assert.ok(Math.abs(v2 / (v1 + v2) - 0.1) <= 0.01, `v1 ${v1}, v2 ${v2}`);
        });

        it("goes to the version that a cookie names", async () => {
            const headers = { cookie: "session=1; variant=b" };
            const results = await sendAll("recordings", times(200, { path: "/v1/recordings", headers }));
            assert.deepEqual(
                tally(results, ({ answer }) => answer?.version),
                { v2: 200 },
            );
        });

        it("is mirrored, without exposing the mirror's failures", async () => {
            const pod = (
                await kubectl([
                    "get",
                    "pods",
                    "--selector",
                    "sparc.dev/service=alerts,version=v2",
                    "--output",
                    "jsonpath={.items[0].metadata.name}",
                ])
            ).trim();
            const seen = async () => {
                const exposition = await kubectl([
                    "exec",
                    "deployment/alerts-v2",
                    "--container",
                    "stand-in",
                    "--",
                    "/standin",
                    "metrics",
                ]);
                return [
                    ...exposition.matchAll(/^standin_requests_total\{port="http".*code="500"\} (\d+)$/gm),
                ].reduce((sum, [, count]) => sum + Number(count), 0);
            };
            const before = await seen();
            const results = await sendAll("alerts", times(50, { path: `/v1/alerts?status=500&pod=${pod}` }));
            assert.deepEqual(
                tally(results, ({ status, answer }) => `${status} ${answer?.version}`),
                { "200 v1": 50 },
            );
            await eventually(async () => {
                assert.equal((await seen()) - before, 50);
            });
        });

        it("fails on purpose if the stack configures it", async () => {
            // The sidecar has the fault in a new filter chain; old connections keep the old one for a while.
            await eventually(async () => {
                const { status, detail } = await sendOne("search", { path: "/v1/search" });
                assert.equal(status, 418, detail);
            });
        });
    });
});
