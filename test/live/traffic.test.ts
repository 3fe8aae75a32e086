/** What the derived routes and breakers do to real requests, made by a service's own container through its own sidecar. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { serviceHost } from "../../components/base/names";
import { withStack } from "./checkout";
import { Deployment, type ProbeResult } from "./deployment";
import { eventually } from "./eventually";

interface Ask {
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
        search: { fault: { abort: { percent: 100, status: 418 } } },
    },
};

/** Between a replica's being ready, or gone, and every sidecar's having heard of it. */
const HEARD_MS = 8_000;
/** Of new replicas (components/traffic/destination-rule.ts), and a little more. */
const WARM_UP_MS = 35_000;

describe("traffic on the node", function () {
    this.timeout(900_000);
    let node: Deployment;

    async function kubectl(args: readonly string[]): Promise<string> {
        return await node.kubectl(["--namespace", "sparc", ...args]);
    }

    /** Requests of the api-gateway, in the order in which they were answered. */
    async function ask(host: string, asked: readonly Ask[], concurrency = 8): Promise<ProbeResult[]> {
        const address = `${serviceHost(host)}:8080`;
        const requests = asked.map((one) => ({ address, timeoutMs: 30_000, ...one }));
        return await node.probe("api-gateway", requests, concurrency);
    }

    async function askOne(host: string, asked: Ask): Promise<ProbeResult> {
        const [result] = await ask(host, [asked]);
        return result ?? assert.fail("no result");
    }

    function times(count: number, asked: Ask): Ask[] {
        return Array.from({ length: count }, () => asked);
    }

    async function scale(service: string, replicas: number): Promise<void> {
        await kubectl(["scale", `deployment/${service}`, `--replicas=${replicas}`]);
        await kubectl(["rollout", "status", `deployment/${service}`, "--timeout=300s"]);
        await pause(HEARD_MS);
    }

    /** How many of the requests had each answer. */
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

    describe("as the catalogue has it", () => {
        it("is given up when the caller's time is over", async () => {
            // api-gateway waits 2 s for recordings, in two attempts.
            const slow = await askOne("recordings", { path: "/v1/recordings?delay=20s" });
            assert.equal(slow.status, 504, slow.detail);
            assert.ok(slow.ms >= 1_900 && slow.ms < 4_000, `${slow.ms} ms`);
        });

        it("is tried again where that does no harm, and only there", async () => {
            const get = await askOne("recordings", { path: "/v1/recordings?status=503&failures=1" });
            assert.equal(get.status, 200, get.detail);
            assert.equal(get.answer?.attempt, 2);
            const post = await askOne("recordings", {
                method: "POST",
                path: "/v1/recordings/7/exports?status=503&failures=1",
            });
            assert.equal(post.status, 503, post.detail);
            assert.equal(post.answer?.attempt, 1);
        });

        it("is refused at once by the breaker when a service is flooded, and flows again after that", async () => {
            // recordings answers 100 at a time on each of 3 replicas; half of that is for one caller's replica.
            const flood = ask("recordings", times(250, { path: "/v1/recordings?delay=900ms" }), 250);
            await pause(700);
            const other = await askOne("alerts", { path: "/v1/alerts" });
            assert.equal(other.status, 200, other.detail);
            const results = await flood;
            const refused = results.filter(({ status }) => status === 503);
            assert.ok(results.some(({ status }) => status === 200));
            assert.ok(
                refused.length >= 50,
                `${refused.length} refused: ${JSON.stringify(tally(results, ({ status, outcome }) => `${outcome} ${status}`))}`,
            );
            for (const { detail, ms } of refused) {
                assert.match(detail, /x-envoy-overloaded/);
                assert.ok(ms < 900, `refused after ${ms} ms`);
            }
            const after = await ask("recordings", times(20, { path: "/v1/recordings" }));
            assert.deepEqual(
                tally(after, ({ status }) => status),
                { 200: 20 },
            );
        });

        it("leaves out a replica that fails, and takes it back", async () => {
            await scale("recordings", 3);
            try {
                // New replicas have their full share, and so the test its statistics, only after their warm-up.
                await pause(WARM_UP_MS);
                const found = await ask("recordings", times(60, { path: "/v1/recordings" }));
                const pods = Object.keys(tally(found, ({ answer }) => answer?.pod));
                assert.equal(pods.length, 3);
                const [bad = ""] = pods;
                // A POST, which is not tried again, shows each failure. The replica fails whenever it is asked.
                const asked = { method: "POST", path: `/v1/recordings/7/exports?status=503&pod=${bad}` };
                const before = await ask("recordings", times(60, asked), 2);
                assert.ok(before.some(({ status }) => status === 503));
                const during = await ask("recordings", times(60, asked), 2);
                assert.deepEqual(
                    tally(during, ({ status }) => status),
                    { 200: 60 },
                );
                assert.equal(tally(during, ({ answer }) => answer?.pod)[bad], undefined);
                await pause(40_000);
                const later = await ask("recordings", times(120, { path: "/v1/recordings" }));
                assert.ok((tally(later, ({ answer }) => answer?.pod)[bad] ?? 0) > 0, "it never came back");
            } finally {
                await scale("recordings", 1);
            }
        });
    });

    describe("as the stack has it", () => {
        before(() => node.up(withStack({ traffic: TRAFFIC })));

        it("is split 90 to 10 within one percent, over 10,000 requests", async () => {
            const results = await ask("recordings", times(10_000, { path: "/v1/recordings" }), 16);
            const { v1 = 0, v2 = 0, ...rest } = tally(results, ({ answer }) => answer?.version);
            assert.deepEqual(rest, {});
            assert.ok(Math.abs(v2 / (v1 + v2) - 0.1) <= 0.01, `v1 ${v1}, v2 ${v2}`);
        });

        it("sticks to the version that a cookie names", async () => {
            const headers = { cookie: "session=1; variant=b" };
            const results = await ask("recordings", times(200, { path: "/v1/recordings", headers }));
            assert.deepEqual(
                tally(results, ({ answer }) => answer?.version),
                { v2: 200 },
            );
        });

        it("is copied to a mirror, whose failures nobody sees", async () => {
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
            const results = await ask("alerts", times(50, { path: `/v1/alerts?status=500&pod=${pod}` }));
            assert.deepEqual(
                tally(results, ({ status, answer }) => `${status} ${answer?.version}`),
                { "200 v1": 50 },
            );
            await pause(2_000);
            assert.equal((await seen()) - before, 50);
        });

        it("fails on purpose where the stack says so", async () => {
            // The sidecar has its fault in a new filter chain; connections from before keep the old one for a while.
            await eventually(async () => {
                const { status, detail } = await askOne("search", { path: "/v1/search" });
                assert.equal(status, 418, detail);
            });
        });
    });
});
