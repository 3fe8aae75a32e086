/** What the derived routes and breakers do to real requests, made by a service's own container through its own sidecar. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { serviceHost } from "../../components/base/names";
import { ensureToolchain, silentProgress, type Toolchain } from "../../local";
import { CHECKOUT, mesh, run, withStack } from "./checkout";

/** One result of the probe (local/standin). */
interface Result {
    readonly id: string;
    readonly outcome: string;
    readonly status: number | null;
    readonly answer: {
        readonly version: string;
        readonly pod: string;
        readonly attempt?: number;
    } | null;
    readonly detail: string;
    readonly ms: number;
}

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
    let toolchain: Toolchain;
    let kubeconfig: string;

    async function up(checkout: string): Promise<void> {
        const { status, stdout, stderr } = await mesh(checkout, ["up", "--json"]);
        assert.equal(status, 0, stderr);
        ({ kubeconfig } = JSON.parse(stdout) as { kubeconfig: string });
    }

    async function kubectl(args: readonly string[], input?: string): Promise<string> {
        const all = ["--kubeconfig", kubeconfig, "--namespace", "sparc", ...args];
        const { status, stdout, stderr } = await run(toolchain.program("kubectl"), all, undefined, input);
        assert.equal(status, 0, stderr);
        return stdout;
    }

    /** Requests of the api-gateway, in the order in which they were answered. */
    async function ask(host: string, asked: readonly Ask[], concurrency = 8): Promise<Result[]> {
        const address = `${serviceHost(host)}:8080`;
        const requests = asked.map((one, index) => ({
            id: String(index),
            protocol: "http",
            address,
            timeoutMs: 30_000,
            ...one,
        }));
        const printed = await kubectl(
            [
                ...["exec", "--stdin", "deployment/api-gateway", "--container", "stand-in", "--"],
                ...["/standin", "probe", "--concurrency", String(concurrency)],
            ],
            JSON.stringify(requests),
        );
        return printed
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Result);
    }

    async function askOne(host: string, asked: Ask): Promise<Result> {
        const [result] = await ask(host, [asked]);
        return result ?? assert.fail("no result");
    }

    function times(count: number, asked: Ask): Ask[] {
        return Array.from({ length: count }, () => asked);
    }

    async function scale(service: string, replicas: number): Promise<void> {
        await kubectl(["scale", `deployment/${service}`, `--replicas=${replicas}`]);
        await kubectl(["rollout", "status", `deployment/${service}`, "--timeout=120s"]);
        await pause(HEARD_MS);
    }

    /** How many of the requests had each answer. */
    function tally(results: readonly Result[], of: (result: Result) => unknown): Record<string, number> {
        const counts: Record<string, number> = {};
        for (const result of results) counts[String(of(result))] = (counts[String(of(result))] ?? 0) + 1;
        return counts;
    }

    before(async () => {
        toolchain = await ensureToolchain(silentProgress());
    });

    after(() => up(CHECKOUT));

    describe("as the catalogue has it", () => {
        before(() => up(CHECKOUT));

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

        it("of one stream reaches one replica, and hardly any but a lost replica's streams move", async () => {
            await scale("video", 3);
            try {
                const streams = Array.from({ length: 200 }, (_stream, index) => `stream-${index}`);
                const place = async () => {
                    const asked = streams.flatMap((id) =>
                        times(3, { path: "/v1/sessions/7", headers: { "x-stream-id": id } }),
                    );
                    const results = await ask("video", asked);
                    const pods = new Map<string, string>();
                    for (const { id, answer } of results) {
                        const stream = streams[Math.floor(Number(id) / 3)] ?? "";
                        const pod = answer?.pod ?? assert.fail(`no answer for ${stream}`);
                        assert.equal(pods.get(stream) ?? pod, pod, `${stream} reached two replicas`);
                        pods.set(stream, pod);
                    }
                    return pods;
                };
                const before = await place();
                const used = [...new Set(before.values())].sort();
                assert.equal(used.length, 3);
                await scale("video", 2);
                const after = await place();
                const left = new Set(after.values());
                assert.equal(left.size, 2);
                const stayed = [...before].filter(([, pod]) => left.has(pod));
                const moved = stayed.filter(([stream, pod]) => after.get(stream) !== pod);
                // Maglev fills its table anew: few of the others' streams move with those of the replica that went.
                assert.ok(moved.length <= stayed.length * 0.1, `${moved.length} of ${stayed.length} moved`);
            } finally {
                await scale("video", 1);
            }
        });
    });

    describe("as the stack has it", () => {
        before(() => up(withStack({ traffic: TRAFFIC })));

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
            const { status, detail } = await askOne("search", { path: "/v1/search" });
            assert.equal(status, 418, detail);
        });
    });
});
