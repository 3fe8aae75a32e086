/**
 * Alerts on the node: their causes are made for real, and end. MESH_ALERTS=1 has it take three quarters of an hour. What must
 * last an hour is left to promtool (test/components/observability), and what is about rollouts to their own test.
 */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { type Cause, causes } from "./causes";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { query } from "./prometheus";

const MINUTE = 60_000;

describe("alerts on the node", function () {
    this.timeout(60 * MINUTE);
    this.retries(0);
    let node: Deployment;

    before(async function () {
        if (process.env["MESH_ALERTS"] === undefined) {
            process.stdout.write(
                "    SKIPPED: set MESH_ALERTS to have alerts fire, for three quarters of an hour\n",
            );
            this.skip();
        }
        node = await Deployment.of();
    });

    /** Of `all`, those whose alerts fire now. */
    async function firing(all: readonly Cause[]): Promise<Cause[]> {
        const alerts = (await query(node, 'ALERTS{alertstate="firing"}')).map(({ metric }) => metric);
        return all.filter(({ alert, labels }) =>
            alerts.some((found) =>
                Object.entries({ ...labels, alertname: alert }).every(
                    ([name, value]) => found[name] === value,
                ),
            ),
        );
    }

    /** What could not be asked, such as of a pod that goes, is asked again in the next round. @returns why not, by alert */
    async function round(all: readonly Cause[]): Promise<Map<string, string>> {
        const failed = new Map<string, string>();
        const ask = async ({ alert, again }: Cause): Promise<void> => {
            try {
                await again?.();
            } catch (error) {
                failed.set(alert, String(error));
            }
        };
        await Promise.all(all.map(ask));
        return failed;
    }

    it("fire when their causes are made, and end when those do", async () => {
        const all = causes(node);
        assert.deepEqual(await firing(all), []);
        const seen = new Map<Cause, number>();
        const begun = Date.now();
        const made = all.map(async ({ make }) => make?.());
        const failed = Promise.all(made).then(() => new Promise<never>(() => undefined));
        let unasked = new Map<string, string>();
        const lookUntilAllFire = async (): Promise<void> => {
            while (seen.size < all.length && Date.now() - begun < 20 * MINUTE) {
                unasked = await round(all);
                for (const one of await firing(all))
                    if (!seen.has(one)) {
                        seen.set(one, (Date.now() - begun) / 1000);
                        process.stdout.write(
                            `      ${one.alert} after ${seen.get(one)?.toFixed(0) ?? ""} s\n`,
                        );
                    }
                await pause(1_000);
            }
        };
        try {
            // A cause that cannot be made is not waited for.
            await Promise.race([lookUntilAllFire(), failed]);
        } finally {
            // What is still being made would come after its end.
            await Promise.allSettled(made);
            const ends = await Promise.allSettled(all.map(async ({ end }) => end?.()));
            for (const one of ends)
                if (one.status === "rejected")
                    process.stdout.write(`      not ended: ${String(one.reason)}\n`);
            await node.up();
        }
        for (const one of all)
            if (!seen.has(one))
                process.stdout.write(
                    `      ${one.alert} did not fire; ${unasked.get(one.alert) ?? "asked to the end"}\n`,
                );
        const ended = Date.now();
        const names = (some: Iterable<Cause>) => [...some].map(({ alert }) => alert).sort();
        assert.deepEqual(names(seen.keys()), names(all));
        const gone = new Set<Cause>();
        await eventually(async () => {
            const left = await firing(all);
            for (const one of all)
                if (!left.includes(one) && !gone.has(one)) {
                    gone.add(one);
                    const seconds = ((Date.now() - ended) / 1000).toFixed(0);
                    process.stdout.write(`      ${one.alert} gone ${seconds} s after its cause\n`);
                }
            assert.deepEqual(names(left), []);
        }, 20 * MINUTE);
    });

    it("tell of a control plane that is down", async () => {
        const isDown = async () =>
            (await query(node, 'ALERTS{alertname="MeshControlPlaneDown",alertstate="firing"}')).length > 0;
        const inSystem = ["--namespace", "istio-system"];
        const istiods = [...inSystem, "--selector", "app=istiod", "deployment"];
        await node.kubectl(["scale", ...istiods, "--replicas=0"]);
        try {
            await eventually(async () => {
                assert.ok(await isDown());
            }, 6 * MINUTE);
        } finally {
            await node.kubectl(["scale", ...istiods, "--replicas=1"]);
            await node.kubectl(["wait", ...istiods, ...["--for=condition=Available", "--timeout=180s"]]);
        }
        await eventually(async () => {
            assert.ok(!(await isDown()));
        }, 3 * MINUTE);
    });
});
