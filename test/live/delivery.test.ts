/**
 * Rollouts under steady traffic: which users get the new version, and that access stays the same. The core tier releases a good
 * and a bad version of one service; the full tier takes 15 minutes.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Sign } from "../../cli/verify";
import { decisionsOf } from "../../cli/delivery/decision";
import { serviceHost } from "../../components/base/names";
import { loadStackFile } from "../../config/load";
import { CHECKOUT, mesh, withPlatform, withStack } from "./checkout";
import { target } from "./client";
import { Deployment } from "./deployment";
import { testLowTraffic } from "./low-traffic";
import { Rollouts } from "./rollouts";
import { isFullTier } from "./tier";
import { bearer, signerOf } from "./tokens";
import { Load, type ObservedResponse } from "./user-load";

const SERVICES = isFullTier()
    ? ["analytics", "api-gateway", "auth", "integrations", "video"]
    : ["api-gateway"];
const REQUESTS_PER_SECOND = 20;
/** The local stack's metric window, and one scrape interval. */
const METRICS_WINDOW_MS = 40_000;
/**
 * At 5 % of 20 requests per second the slowest request in 30 s is the p99, so two requests that a busy machine delays fail as
 * many checks as the default allows. A worse version fails every check, and is still rolled back.
 */
const THRESHOLD = 10;
/** Requests that may be attributed to the wrong step when weights change. */
const WEIGHT_CHANGE_MARGIN = 3;

const isFromCanary = ({ pod }: ObservedResponse) => pod !== "" && !pod.includes("-primary-");
const failed = (seen: readonly ObservedResponse[]) => seen.filter(({ status }) => status !== 200);

describe("delivery on the local cluster", function () {
    this.timeout(1_500_000);
    this.retries(0);
    const { edge, domain, delivery } = loadStackFile("local", CHECKOUT);
    const { interval, window, receiver } = delivery;
    let copy: string;
    let node: Deployment;
    let rollouts: Rollouts;
    let sign: Sign;

    function users(host: string, path: (tenant: string, index: number) => string, token = true): Load {
        // Each tenant stays under its plan's limit.
        const known = Array.from({ length: 100 }, () => randomUUID());
        const headers = known.map((tenant) => (token ? bearer(sign, { tenant, plan: "enterprise" }) : {}));
        return new Load(REQUESTS_PER_SECOND, (index) => {
            const user = index % known.length;
            return target(node.entry, `${host}.${domain}`, path(known[user] ?? "", index), headers[user]);
        });
    }

    async function mismatchCount(): Promise<number> {
        const { status, stdout, stderr } = await mesh(copy, ["verify", "--json"]);
        assert.ok(status === 0 || status === 1, stderr);
        const { mismatches } = JSON.parse(stdout) as { mismatches: unknown[] };
        return mismatches.length;
    }

    function printSummary(what: string, seen: readonly ObservedResponse[], steps: readonly string[]): void {
        const canarys = seen.filter(isFromCanary);
        process.stdout.write(
            `      ${what}: ${seen.length} requests, ${canarys.length} to the canary, ${failed(seen).length} failed; ${steps.join(", ")}\n`,
        );
        for (const { status, pod, instead, ms, at } of failed(seen).filter((one) => !isFromCanary(one)))
            process.stdout.write(
                `        failed at ${new Date(at).toISOString()} after ${ms} ms: ${status} ${pod} ${instead}\n`,
            );
    }

    before(async () => {
        copy = withStack({
            delivery: { enabled: true, services: SERVICES, interval, window, threshold: THRESHOLD, receiver },
        });
        node = await Deployment.of(copy);
        rollouts = new Rollouts(node);
        sign = await signerOf(edge.issuers[0]);
    });

    // The next file of the tests removes the node: Deployments of rollouts have other replica counts.

    describe("api-gateway, canary", () => {
        let load: Load;
        before(() => {
            load = users("api", () => "/v1/x");
        });
        after(() => load.stop());

        const since = (at: number) => load.seen.filter((one) => one.at >= at);

        it("promotes a good version without a failed request; `make up` then changes nothing", async () => {
            withPlatform(
                `{ ...original, services: { ...original.services, "api-gateway": { ...original.services["api-gateway"]!, sidecar: { cpu: "11m", memory: "64Mi", cpuLimit: "2000m", memoryLimit: "1Gi" } } } }`,
                copy,
            );
            const begun = Date.now();
            await node.up(copy);
            await rollouts.until("api-gateway", ["Progressing"], 60_000);
            const { phase, steps } = await rollouts.until("api-gateway", ["Succeeded", "Failed"]);
            const seen = since(begun);
            printSummary("a good version", seen, steps);
            if (phase !== "Succeeded") process.stdout.write(await rollouts.events("api-gateway"));
            assert.equal(phase, "Succeeded", steps.join(", "));
            for (const weight of [5, 10, 25, 50])
                assert.ok(steps.includes(`Progressing ${weight}`), steps.join(", "));
            assert.ok(seen.filter(isFromCanary).length > 50);
            assert.deepEqual(failed(seen), []);
            const { created, updated, pruned } = await node.up(copy);
            assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
        });

        for (const [what, flags, allowed, fullTier] of [
            ["with a 5 % error rate", ["--errors", "5"], 0.05, false],
            ["that answers 300 ms later", ["--delay", "300ms"], 0, true],
            ["with errors only when streams start", ["--bad-figures", "20"], 0, true],
        ] as const) {
            if (fullTier && !isFullTier()) continue;
            it(`rolls back a version ${what}`, async () => {
                const begun = Date.now();
                const { phase, steps } = await rollouts.rollOut("api-gateway", flags);
                await pause(2_000);
                const seen = since(begun);
                printSummary(flags.join(" "), seen, steps);
                assert.equal(phase, "Failed", steps.join(", "));
                const canarys = seen.filter(isFromCanary);
                assert.ok(canarys.length > 5, String(canarys.length));
                assert.ok(failed(seen).every(isFromCanary), "a user of the old version got an error");
                assert.ok(failed(seen).length <= canarys.length * allowed + WEIGHT_CHANGE_MARGIN);
                const after = Date.now();
                await pause(5_000);
                assert.deepEqual(since(after).filter(isFromCanary), []);
            });
        }
    });

    if (!isFullTier()) return;

    describe("video, blue/green with mirroring", () => {
        it("mirrors requests, then switches all users, and closes no open stream", async () => {
            // A low-latency HLS player waits for its next part: about 100 streams are open at any time.
            const load = users("stream", (tenant, index) => `/hls/${tenant}/s${index % 40}/next.ts?delay=4s`);
            await pause(5_000);
            const begun = Date.now();
            const { phase, steps } = await rollouts.rollOut("video", []);
            const seen = (await load.stop()).filter(({ at }) => at >= begun - 4_000);
            printSummary("video", seen, steps);
            assert.equal(phase, "Succeeded", steps.join(", "));
            assert.deepEqual(failed(seen), []);
            assert.ok(seen.every(({ ms }) => ms >= 4_000));
            // Responses to mirrored requests are discarded; then all traffic switches between two requests.
            const inOrder = [...seen].sort((a, b) => a.at - b.at).map(isFromCanary);
            const [first, last] = [inOrder.indexOf(true), inOrder.lastIndexOf(true)];
            const between = inOrder.slice(first, last + 1);
            assert.ok(between.length > 20);
            assert.ok(
                between.filter((one) => !one).length <= REQUESTS_PER_SECOND * 2,
                "the switch was gradual",
            );
        });
    });

    describe("analytics, by cookie", () => {
        it("sends exactly the users with the cookie to the new version, each time", async () => {
            const requestWith = (cookie?: string) => ({
                address: `${serviceHost("analytics")}:8080`,
                method: "POST",
                path: "/v1/queries",
                timeoutMs: 10_000,
                ...(cookie === undefined ? {} : { headers: { cookie } }),
            });
            await rollouts.deploy("analytics", []);
            await rollouts.until("analytics", ["Progressing"], 60_000);
            const places = new Map<string, number>();
            for (let phase = "Progressing"; phase === "Progressing";) {
                const { status } = await rollouts.canary("analytics");
                phase = status.phase;
                if (phase !== "Progressing") break;
                const requests = [requestWith("a=1; variant=b"), requestWith("variant=a"), requestWith()];
                const results = await node.probe(
                    "reports",
                    Array.from({ length: 60 }, (_, index) => requests[index % 3] ?? {}),
                );
                for (const { id, answer, status: code } of results) {
                    const variant = ["b", "a", "none"][Number(id) % 3] ?? "";
                    const pod = answer?.pod.includes("-primary-") === true ? "primary" : "canary";
                    const key = status.iterations >= 1 ? `${variant} ${pod} ${code ?? "-"}` : "before";
                    places.set(key, (places.get(key) ?? 0) + 1);
                }
                await pause(1_000);
            }
            process.stdout.write(`      analytics: ${JSON.stringify(Object.fromEntries(places))}\n`);
            const { phase } = await rollouts.until("analytics", ["Succeeded", "Failed"]);
            assert.equal(phase, "Succeeded");
            const others = ["a canary 200", "none canary 200"].map((key) => places.get(key) ?? 0);
            assert.deepEqual(others, [0, 0]);
            assert.ok((places.get("b canary 200") ?? 0) > 60);
        });
    });

    describe("integrations, a low-traffic service", () => {
        testLowTraffic(() => ({ node, rollouts }), SERVICES);
    });

    describe("auth, with manual approval", () => {
        let load: Load;
        before(() => {
            load = users("auth", () => "/login", false);
        });
        after(() => load.stop());

        const decide = async (...more: string[]) => {
            const { status, stderr } = await mesh(copy, ["approve", "auth", ...more]);
            assert.equal(status, 0, stderr);
        };

        it("waits, continues when approved, and access stays the same during and after the rollout", async () => {
            const begun = Date.now();
            await rollouts.deploy("auth", []);
            await rollouts.until("auth", ["Waiting"], 60_000);
            await pause(25_000);
            assert.deepEqual(load.seen.filter(({ at }) => at >= begun).filter(isFromCanary), []);
            const unseen = await mesh(copy, ["approve", "auth", "--reason", "unseen", "--revision", "999"]);
            assert.match(unseen.stderr, /it was deployed after your review/);
            assert.notEqual(unseen.status, 0);
            await decide("--reason", "the release of the day");
            const waiting = await rollouts.until("auth", ["WaitingPromotion", "Failed"]);
            assert.equal(waiting.phase, "WaitingPromotion", waiting.steps.join(", "));
            await node.mergePatch("canary", "sparc", "auth", { spec: { suspend: true } });
            assert.equal(await mismatchCount(), 0);
            // `mesh verify` makes services fail on purpose, which counts within the metric window.
            await pause(METRICS_WINDOW_MS);
            await node.mergePatch("canary", "sparc", "auth", { spec: { suspend: false } });
            await decide("--reason", "its metrics are good");
            const { phase, steps } = await rollouts.until("auth", ["Succeeded", "Failed"]);
            printSummary(
                "auth approved",
                load.seen.filter(({ at }) => at >= begun),
                [...waiting.steps, ...steps],
            );
            assert.equal(phase, "Succeeded", steps.join(", "));
            const { metadata } = await rollouts.canary("auth");
            const decisions = decisionsOf(metadata.annotations).slice(-2);
            assert.deepEqual(
                decisions.map(({ verdict, stage, reason }) => [verdict, stage, reason]),
                [
                    ["approved", "rollout", "the release of the day"],
                    ["approved", "promotion", "its metrics are good"],
                ],
            );
            for (const { by, version } of decisions) {
                assert.notEqual(by, "");
                assert.match(version, /^revision \d+ of \S*standin/);
            }
            assert.equal(await mismatchCount(), 0);
        });

        it("rolls back when it is rejected", async () => {
            await rollouts.deploy("auth", []);
            await rollouts.until("auth", ["Waiting"], 60_000);
            await decide("--reason", "have a look");
            await rollouts.until("auth", ["WaitingPromotion"]);
            await decide("--reject", "--reason", "the texts are wrong");
            const { phase } = await rollouts.until("auth", ["Succeeded", "Failed"]);
            assert.equal(phase, "Failed");
            const after = Date.now();
            await pause(5_000);
            assert.deepEqual(load.seen.filter(({ at }) => at >= after).filter(isFromCanary), []);
        });
    });
});
