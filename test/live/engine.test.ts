/**
 * The in-process engine on the local cluster: delivery turned off and on again under load, two stacks in one cluster, releases
 * that were changed by hand, and runs that are killed.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadStackFile } from "../../config/load";
import { deploy, destroy } from "../../local/engine";
import { randomSource } from "../support/random";
import { skip } from "../support/skip";
import { CHECKOUT, mesh, run, withStack } from "./checkout";
import { target } from "./client";
import { clusterState, type ClusterState, differences } from "./cluster-state";
import { Deployment } from "./deployment";
import { isFullTier } from "./tier";
import { Load, type ObservedResponse } from "./user-load";

const REQUESTS_PER_SECOND = 20;
const KILLS = 10;
/** The latest time of a kill, in milliseconds: a run that changes something takes about this long. */
const MAX_DELAY_MS = 25_000;

describe("the in-process engine on the local cluster", function () {
    this.timeout(1_500_000);
    this.retries(0);
    let node: Deployment;
    const { domain, delivery } = loadStackFile("local", CHECKOUT);

    before(async function () {
        if (!isFullTier()) skip(this, "the in-process engine's tests, which belong to the full tier");
        node = await Deployment.of();
    });
    after(async () => {
        if (isFullTier()) await node.up();
    });

    /** Requests of users to `auth`, whose public host requires no token, during `work`. */
    async function underLoad(work: () => Promise<unknown>): Promise<readonly ObservedResponse[]> {
        const load = new Load(REQUESTS_PER_SECOND, () => target(node.entry, `auth.${domain}`, "/login", {}));
        try {
            await work();
        } finally {
            await load.stop();
        }
        return load.seen;
    }

    function assertServed(what: string, seen: readonly ObservedResponse[]): void {
        const failed = seen.filter(({ status }) => status !== 200);
        const codes = [...new Set(failed.map(({ status, instead }) => `${status} ${instead}`))].join(", ");
        process.stdout.write(`      ${what}: ${seen.length} requests, ${failed.length} failed ${codes}\n`);
        assert.deepEqual(failed, []);
    }

    describe("with delivery", () => {
        const { interval, window, receiver } = delivery;
        const copy = withStack({
            delivery: { enabled: true, services: ["auth"], interval, window, receiver },
        });

        it("turns it on, off, and on again, without a failed request", async () => {
            const leftovers = async () =>
                (await node.kubectl(["get", "namespaces,canaries", "--all-namespaces", "--output", "name"]))
                    .split("\n")
                    .filter((name) => /flagger|canary/.test(name));
            for (const [step, checkout, isOn] of [
                ["on", copy, true],
                ["off", CHECKOUT, false],
                ["on again", copy, true],
                ["off again", CHECKOUT, false],
            ] as const) {
                assertServed(`delivery ${step}`, await underLoad(() => node.up(checkout)));
                assert.equal(
                    (await leftovers()).some((name) => name.startsWith("canary")),
                    isOn,
                    step,
                );
                const { created, updated, pruned } = await node.up(checkout);
                assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 }, step);
            }
        });
    });

    it("adds a version of a service and removes it, without a failed request", async () => {
        const versions = { v1: 50, v2: 50 };
        const two = withStack({ traffic: { services: { auth: { versions } } } });
        assertServed("a second version", await underLoad(() => node.up(two)));
        assertServed("without it again", await underLoad(() => node.up()));
    });

    describe("with another stack in the cluster", () => {
        const folder = mkdtempSync(join(tmpdir(), "mesh-second-"));
        symlinkSync(join(CHECKOUT, "node_modules"), join(folder, "node_modules"));
        after(() => {
            rmSync(folder, { recursive: true });
        });

        async function second(source: string): ReturnType<typeof deploy> {
            const program = join(folder, "index.ts");
            writeFileSync(program, `import * as k8s from "@pulumi/kubernetes";\n${source}`);
            return await deploy({ ...stack(), configEntries: {}, engine: "in-process", program });
        }

        const stack = () => ({
            stack: "second",
            kubeconfig: node.kubeconfig,
            tools: { helm: node.program("helm") },
            stateDir: folder,
        });
        const map = (name: string) =>
            `new k8s.core.v1.ConfigMap("${name}", { metadata: { name: "${name}", namespace: "default" }, data: { a: "1" } });\n`;

        it("changes nothing of it, and is not changed by it", async () => {
            const before = await clusterState(node, "local");
            assert.equal((await second(map("one") + map("two"))).created, 2);
            assert.equal((await second(map("one"))).pruned, 1);
            const { created, updated, pruned } = await node.up();
            assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
            assert.match(await node.kubectl(["get", "configmap", "one", "--output", "name"]), /one/);
            await assert.rejects(
                second(
                    `${map("three")}new k8s.core.v1.Namespace("sparc", { metadata: { name: "sparc", labels: { mine: "true" } } });`,
                ),
                { message: /nothing was changed\n {2}- Namespace sparc: it belongs to stack "local"/ },
            );
            const { stdout } = await kubectlAllowingFailure([
                "get",
                "configmap",
                "three",
                "--output",
                "name",
            ]);
            assert.equal(stdout, "");
            assert.equal((await destroy(stack())).removed, 1);
            assert.deepEqual(differences(before, await clusterState(node, "local")), []);
        });
    });

    async function kubectlAllowingFailure(args: readonly string[]): ReturnType<typeof run> {
        return await run(node.program("kubectl"), ["--kubeconfig", node.kubeconfig, ...args]);
    }

    describe("with a release that was changed by hand", () => {
        it("restores objects that were edited or deleted", async () => {
            const where = ["--namespace", "istio-ingress"];
            const gateway = "istio-internalgateway";
            const specOf = async (kind: string) =>
                await node.kubectl(["get", kind, ...where, gateway, "--output", "jsonpath={.spec}"]);
            const [deployment, service] = [await specOf("deployment"), await specOf("service")];
            await node.mergePatch("deployment", "istio-ingress", gateway, {
                spec: { template: { spec: { terminationGracePeriodSeconds: 7 } } },
            });
            await node.kubectl(["delete", "service", ...where, gateway]);
            const report = await node.up();
            assert.equal(report.updated, 1);
            assert.match(
                report.warnings.join("\n"),
                /istio-ingress\/istio-internalgateway.* had been changed; restored/,
            );
            assert.equal(await specOf("deployment"), deployment);
            const ports = (text: string) =>
                (JSON.parse(text) as { ports: { port: number }[] }).ports.map(({ port }) => port);
            assert.deepEqual(ports(await specOf("service")), ports(service));
            const { created, updated, pruned } = await node.up();
            assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
        });

        it("upgrades it again after a `helm rollback`", async () => {
            const release = ["istio-internalgateway", "--namespace", "istio-ingress"];
            const helm = async (args: readonly string[]) => {
                const { status, stdout, stderr } = await run(node.program("helm"), [
                    ...args,
                    ...["--kubeconfig", node.kubeconfig],
                ]);
                assert.equal(status, 0, stderr);
                return stdout;
            };
            const valuesOf = async () => await helm(["get", "values", ...release, "--output", "json"]);
            const values = await valuesOf();
            const history = JSON.parse(await helm(["history", ...release, "--output", "json"])) as {
                readonly revision: number;
            }[];
            await helm([
                "rollback",
                "istio-internalgateway",
                String(history[0]?.revision),
                ...release.slice(1),
            ]);
            const { updated, pruned, created } = await node.up();
            assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 1, pruned: 0 });
            assert.equal(await valuesOf(), values);
        });
    });

    it(`completes ${KILLS} killed runs with the result of an unkilled one`, async () => {
        // Objects are added, changed and removed in both directions; pods start in one.
        const other = withStack({
            traffic: { services: { recordings: { versions: { v1: 90, v2: 10 } } } },
            telemetry: { ...loadStackFile("local", CHECKOUT).telemetry, tenants: ["acme", "globex"] },
        });
        const random = randomSource("the times at which `mesh up` is killed");
        const results: { checkout: string; state: ClusterState }[] = [];
        for (const checkout of [other, CHECKOUT]) {
            await node.up(checkout);
            results.push({ checkout, state: await clusterState(node, "local") });
        }
        for (let kill = 0; kill < KILLS; kill++) {
            const { checkout, state } = results[kill % 2]!;
            const after = random.integer(MAX_DELAY_MS);
            const { status } = await mesh(checkout, ["up"], after);
            const report = await node.up(checkout);
            const found = differences(state, await clusterState(node, "local"));
            process.stdout.write(
                `      killed after ${after} ms${status === null ? "" : " (it had ended)"}; the next run: ${report.created} created, ` +
                    `${report.updated} updated, ${report.pruned} removed\n`,
            );
            assert.deepEqual(found, [], `kill ${kill}, after ${after} ms`);
        }
    });
});
