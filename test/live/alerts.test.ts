/**
 * Alerts on the local cluster: the tests produce each cause and end it. Some causes must last an hour, so this takes an hour and a
 * half. delivery.test.ts tests the alert for a failed rollout.
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

describe("alerts on the local cluster", function () {
    this.timeout(150 * MINUTE);
    this.retries(0);
    let node: Deployment;
    let checkout = CHECKOUT;

    before(async () => {
        const { delivery } = loadStackFile("local", CHECKOUT);
        checkout = withStack({ delivery: { ...delivery, enabled: true, services: [ROLLED_OUT] } });
        node = await Deployment.of(checkout);
    });

    // The next file needs Deployments without other replica counts.
    after(async () => {
        const { status, stderr } = await mesh(CHECKOUT, ["down"]);
        assert.equal(status, 0, stderr);
    });

    /** Names of the alerts of `cause` that fire now. */
    async function firing(): Promise<(cause: Cause) => string[]> {
        const now = (await query(node, 'ALERTS{alertstate="firing"}')).map(({ metric }) => metric);
        const isIt = (name: string, labels: Readonly<Record<string, string>>) =>
            now.some((one) =>
                Object.entries({ ...labels, alertname: name }).every(([key, value]) => one[key] === value),
            );
        return ({ alerts }) =>
            Object.entries(alerts).flatMap(([name, labels]) => (isIt(name, labels) ? [name] : []));
    }

    it("fire while their causes last, and then resolve", async () => {
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
                // A failed request, such as to a terminating pod, is repeated in the next round.
                await Promise.all(all.map((one) => one.repeat()));
                const now = await firing();
                for (const one of all) one.update(now(one.cause));
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

    it("report a control plane that is down", async () => {
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
