/**
 * New versions under steady traffic: who gets them, who is spared, and that access stays the same. The core releases a good and
 * a bad version of one service; the full tier takes a quarter of an hour.
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
import { ofFew } from "./few-users";
import { Rollouts } from "./rollouts";
import { isFullTier } from "./tier";
import { bearer, signerOf } from "./tokens";
import { Load, type Seen } from "./users";

const SERVICES = isFullTier()
    ? ["analytics", "api-gateway", "auth", "integrations", "video"]
    : ["api-gateway"];
const PER_SECOND = 20;
/** The local stack's window, and a reading of Prometheus more. */
const SETTLED_MS = 40_000;
/**
 * At 5 % of 20 requests a second the slowest request of half a minute is the 99th percentile, so that two that a busy machine
 * holds up fail as many looks as the default allows. A version that is worse fails every look, and still ends.
 */
const FAILURES = 10;
/** What may be counted late or early where weights change. */
const EDGE = 3;

const isCanarys = ({ pod }: Seen) => pod !== "" && !pod.includes("-primary-");
const failed = (seen: readonly Seen[]) => seen.filter(({ status }) => status !== 200);

describe("delivery on the node", function () {
    this.timeout(1_500_000);
    this.retries(0);
    const { edge, domain, delivery } = loadStackFile("local", CHECKOUT);
    const { interval, window, receiver } = delivery;
    let copy: string;
    let node: Deployment;
    let rollouts: Rollouts;
    let sign: Sign;

    function users(host: string, path: (tenant: string, index: number) => string, token = true): Load {
        // Each asks less often than its plan lets it.
        const known = Array.from({ length: 100 }, () => randomUUID());
        const headers = known.map((tenant) => (token ? bearer(sign, { tenant, plan: "enterprise" }) : {}));
        return new Load(PER_SECOND, (index) => {
            const user = index % known.length;
            return target(node.entry, `${host}.${domain}`, path(known[user] ?? "", index), headers[user]);
        });
    }

    async function verified(): Promise<number> {
        const { status, stdout, stderr } = await mesh(copy, ["verify", "--json"]);
        assert.ok(status === 0 || status === 1, stderr);
        const { differences } = JSON.parse(stdout) as { differences: unknown[] };
        return differences.length;
    }

    function told(what: string, seen: readonly Seen[], steps: readonly string[]): void {
        const canarys = seen.filter(isCanarys);
        process.stdout.write(
            `      ${what}: ${seen.length} requests, ${canarys.length} to the canary, ${failed(seen).length} failed; ${steps.join(", ")}\n`,
        );
        for (const { status, pod, instead, ms, at } of failed(seen).filter((one) => !isCanarys(one)))
            process.stdout.write(
                `        failed at ${new Date(at).toISOString()} after ${ms} ms: ${status} ${pod} ${instead}\n`,
            );
    }

    before(async () => {
        copy = withStack({
            delivery: { enabled: true, services: SERVICES, interval, window, failures: FAILURES, receiver },
        });
        node = await Deployment.of(copy);
        rollouts = new Rollouts(node);
        sign = await signerOf(edge.issuers[0]);
    });

    // What comes next works with Deployments that nobody else scales.
    after(() => mesh(CHECKOUT, ["down"]));

    describe("api-gateway, step by step", () => {
        let load: Load;
        before(() => {
            load = users("api", () => "/v1/x");
        });
        after(() => load.stop());

        const since = (at: number) => load.seen.filter((one) => one.at >= at);

        it("promotes a good version, and nobody notices; make up then has nothing to change", async () => {
            withPlatform(
                `{ ...original, services: { ...original.services, "api-gateway": { ...original.services["api-gateway"]!, sidecar: { cpu: "11m", memory: "64Mi", cpuLimit: "2000m", memoryLimit: "1Gi" } } } }`,
                copy,
            );
            const begun = Date.now();
            await node.up(copy);
            await rollouts.until("api-gateway", ["Progressing"], 60_000);
            const { phase, steps } = await rollouts.until("api-gateway", ["Succeeded", "Failed"]);
            const seen = since(begun);
            told("a good version", seen, steps);
            if (phase !== "Succeeded") process.stdout.write(await rollouts.words("api-gateway"));
            assert.equal(phase, "Succeeded", steps.join(", "));
            for (const weight of [5, 10, 25, 50])
                assert.ok(steps.includes(`Progressing ${weight}`), steps.join(", "));
            assert.ok(seen.filter(isCanarys).length > 50);
            assert.deepEqual(failed(seen), []);
            const { created, updated, pruned } = await node.up(copy);
            assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
        });

        for (const [what, flags, allowed, fullTier] of [
            ["one in twenty of whose answers is an error", ["--errors", "5"], 0.05, false],
            ["that answers 300 ms later", ["--delay", "300ms"], 0, true],
            ["that only starts streams worse", ["--bad-figures", "20"], 0, true],
        ] as const) {
            if (fullTier && !isFullTier()) continue;
            it(`takes a version back ${what}`, async () => {
                const begun = Date.now();
                const { phase, steps } = await rollouts.rollOut("api-gateway", flags);
                await pause(2_000);
                const seen = since(begun);
                told(flags.join(" "), seen, steps);
                assert.equal(phase, "Failed", steps.join(", "));
                const canarys = seen.filter(isCanarys);
                assert.ok(canarys.length > 5, String(canarys.length));
                assert.ok(failed(seen).every(isCanarys), "a user of the old version saw an error");
                assert.ok(failed(seen).length <= canarys.length * allowed + EDGE);
                const after = Date.now();
                await pause(5_000);
                assert.deepEqual(since(after).filter(isCanarys), []);
            });
        }
    });

    if (!isFullTier()) return;

    describe("video, switched at once", () => {
        it("gets copies first, then everybody, and no open stream is cut", async () => {
            // A player of low-latency HLS waits for its next part: at every moment some hundred streams are open.
            const load = users("stream", (tenant, index) => `/hls/${tenant}/s${index % 40}/next.ts?delay=4s`);
            await pause(5_000);
            const begun = Date.now();
            const { phase, steps } = await rollouts.rollOut("video", []);
            const seen = (await load.stop()).filter(({ at }) => at >= begun - 4_000);
            told("video", seen, steps);
            assert.equal(phase, "Succeeded", steps.join(", "));
            assert.deepEqual(failed(seen), []);
            assert.ok(seen.every(({ ms }) => ms >= 4_000));
            // Copies are answered to nobody; then all are, from one request to the next.
            const inOrder = [...seen].sort((a, b) => a.at - b.at).map(isCanarys);
            const [first, last] = [inOrder.indexOf(true), inOrder.lastIndexOf(true)];
            const between = inOrder.slice(first, last + 1);
            assert.ok(between.length > 20);
            assert.ok(between.filter((one) => !one).length <= PER_SECOND * 2, "it was no switch");
        });
    });

    describe("analytics, by cookie", () => {
        it("shows the new version to those with the cookie, each time, and to nobody else", async () => {
            const ask = (cookie?: string) => ({
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
                const asked = [ask("a=1; variant=b"), ask("variant=a"), ask()];
                const results = await node.probe(
                    "reports",
                    Array.from({ length: 60 }, (_, index) => asked[index % 3] ?? {}),
                );
                for (const { id, answer, status: code } of results) {
                    const who = ["b", "a", "none"][Number(id) % 3] ?? "";
                    const pod = answer?.pod.includes("-primary-") === true ? "primary" : "canary";
                    const key = status.iterations >= 1 ? `${who} ${pod} ${code ?? "-"}` : "before";
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

    describe("integrations, which few ask", () => {
        ofFew(() => ({ node, rollouts }), SERVICES);
    });

    describe("auth, which people let through", () => {
        let load: Load;
        before(() => {
            load = users("auth", () => "/login", false);
        });
        after(() => load.stop());

        const decide = async (...more: string[]) => {
            const { status, stderr } = await mesh(copy, ["approve", "auth", ...more]);
            assert.equal(status, 0, stderr);
        };

        it("waits, goes on when it is approved, and everybody's access is the same meanwhile and after", async () => {
            const begun = Date.now();
            await rollouts.deploy("auth", []);
            await rollouts.until("auth", ["Waiting"], 60_000);
            await pause(25_000);
            assert.deepEqual(load.seen.filter(({ at }) => at >= begun).filter(isCanarys), []);
            const unseen = await mesh(copy, ["approve", "auth", "--why", "unseen", "--revision", "999"]);
            assert.match(unseen.stderr, /it was deployed since you looked/);
            assert.notEqual(unseen.status, 0);
            await decide("--why", "the release of the day");
            const waiting = await rollouts.until("auth", ["WaitingPromotion", "Failed"]);
            assert.equal(waiting.phase, "WaitingPromotion", waiting.steps.join(", "));
            await node.mergePatch("canary", "sparc", "auth", { spec: { suspend: true } });
            assert.equal(await verified(), 0);
            // It has services fail on purpose, which counts for as long as figures look back.
            await pause(SETTLED_MS);
            await node.mergePatch("canary", "sparc", "auth", { spec: { suspend: false } });
            await decide("--why", "its figures are good");
            const { phase, steps } = await rollouts.until("auth", ["Succeeded", "Failed"]);
            told(
                "auth approved",
                load.seen.filter(({ at }) => at >= begun),
                [...waiting.steps, ...steps],
            );
            assert.equal(phase, "Succeeded", steps.join(", "));
            const { metadata } = await rollouts.canary("auth");
            const decisions = decisionsOf(metadata.annotations).slice(-2);
            assert.deepEqual(
                decisions.map(({ verdict, stage, why }) => [verdict, stage, why]),
                [
                    ["approved", "rollout", "the release of the day"],
                    ["approved", "promotion", "its figures are good"],
                ],
            );
            for (const { by, version } of decisions) {
                assert.notEqual(by, "");
                assert.match(version, /^revision \d+ of \S*standin/);
            }
            assert.equal(await verified(), 0);
        });

        it("goes back when it is refused", async () => {
            await rollouts.deploy("auth", []);
            await rollouts.until("auth", ["Waiting"], 60_000);
            await decide("--why", "have a look");
            await rollouts.until("auth", ["WaitingPromotion"]);
            await decide("--refuse", "--why", "the texts are wrong");
            const { phase } = await rollouts.until("auth", ["Succeeded", "Failed"]);
            assert.equal(phase, "Failed");
            const after = Date.now();
            await pause(5_000);
            assert.deepEqual(load.seen.filter(({ at }) => at >= after).filter(isCanarys), []);
        });
    });
});
