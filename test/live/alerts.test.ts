/**
 * Alerts on the node: their causes are made for real, and end. Causes that must last an hour are among them, so this takes an hour
 * and a half. The alert for a failed rollout is in delivery.test.ts.
 */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { loadStackFile } from "../../config/load";
import type { Cause } from "./cause";
import { causes } from "./causes";
import { CHECKOUT, mesh, withStack } from "./checkout";
import { Deployment } from "./deployment";
import { Episode } from "./episode";
import { eventually } from "./eventually";
import { ROLLED_OUT, hourlyCauses } from "./hourly-causes";
import { query } from "./prometheus";

const MINUTE = 60_000;

describe("alerts on the node", function () {
    this.timeout(150 * MINUTE);
    this.retries(0);
    let node: Deployment;
    let checkout = CHECKOUT;

    before(async () => {
        const { delivery } = loadStackFile("local", CHECKOUT);
        checkout = withStack({ delivery: { ...delivery, enabled: true, services: [ROLLED_OUT] } });
        node = await Deployment.of(checkout);
    });

    // What comes next works with Deployments that nobody else scales.
    after(async () => {
        const { status, stderr } = await mesh(CHECKOUT, ["down"]);
        assert.equal(status, 0, stderr);
    });

    /** Names of those alerts of `cause` that fire now. */
    async function firing(): Promise<(cause: Cause) => string[]> {
        const now = (await query(node, 'ALERTS{alertstate="firing"}')).map(({ metric }) => metric);
        const isIt = (name: string, labels: Readonly<Record<string, string>>) =>
            now.some((one) =>
                Object.entries({ ...labels, alertname: name }).every(([key, value]) => one[key] === value),
            );
        return ({ alerts }) =>
            Object.entries(alerts).flatMap(([name, labels]) => (isIt(name, labels) ? [name] : []));
    }

    it("fire when their causes are made, and end when those do", async () => {
        const all = [...hourlyCauses(node), ...causes(node)].map((one) => new Episode(one));
        const before = await firing();
        assert.deepEqual(
            all.flatMap(({ cause }) => before(cause)),
            [],
        );
        try {
            await Promise.all(all.map((one) => one.begin()));
            for (
                const end = Date.now() + 100 * MINUTE;
                all.some(({ isOver }) => !isOver) && Date.now() < end;
            ) {
                // What could not be asked, such as of a pod that goes, is asked again in the next round.
                await Promise.all(all.map((one) => one.goOn()));
                const now = await firing();
                for (const one of all) one.sees(now(one.cause));
                await pause(1_000);
            }
        } finally {
            await Promise.all(all.map((one) => one.end()));
            await node.up(checkout);
        }
        assert.deepEqual(
            all.flatMap((one) => one.missing()),
            [],
        );
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
