/** Replicas that an autoscaler takes over, on a real API server: only it decides what an apply without a field resets. */
import assert from "node:assert/strict";
import { Applier } from "../../local/engine/apply";
import { Discovery } from "../../local/engine/kube/discovery";
import { Snapshot } from "../../local/engine/kube/snapshot";
import { Remover } from "../../local/engine/remove";
import type { KubeObject } from "../../local/lib/kube-object";
import { apiServerOfSuite } from "../support/api-server";

const NAME = "orders";

describe("a Deployment whose replicas the program no longer sets, on a real API server", function () {
    this.timeout(180_000);
    const suite = apiServerOfSuite("deployments");

    /** Applies the Deployment as a run of the engine does. */
    async function apply(replicas: number | undefined, image = "orders:1"): Promise<string> {
        const { client } = suite();
        const discovery = new Discovery(client);
        const applier = new Applier(client, discovery, new Snapshot(client), new Remover(client, discovery));
        const object: KubeObject = {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: NAME, namespace: "default" },
            spec: {
                ...(replicas === undefined ? {} : { replicas }),
                selector: { matchLabels: { app: NAME } },
                template: {
                    metadata: { labels: { app: NAME } },
                    spec: { containers: [{ name: "main", image }] },
                },
            },
        };
        return (await applier.apply(object, true)).outcome;
    }

    async function live(): Promise<number> {
        const printed = await suite().server.kubectl([
            "get",
            "deployment",
            NAME,
            "-o",
            "jsonpath={.spec.replicas}",
        ]);
        return Number(printed);
    }

    /** As an autoscaler does, by the subresource. */
    const scale = (count: number) =>
        suite().server.kubectl(["scale", `deployment/${NAME}`, `--replicas=${count}`]);

    it("keeps them until an autoscaler scales it, and then the autoscaler's", async () => {
        await apply(3);
        await apply(undefined);
        assert.equal(await live(), 3);
        assert.equal(await apply(undefined), "unchanged");
        await scale(7);
        await apply(undefined, "orders:2");
        assert.equal(await live(), 7);
    });

    it("keeps those of an autoscaler that scaled it before", async () => {
        await apply(3);
        await scale(7);
        await apply(undefined);
        assert.equal(await live(), 7);
    });

    it("sets them again when the program does", async () => {
        await apply(3);
        await apply(undefined);
        await scale(7);
        await apply(2);
        assert.equal(await live(), 2);
        await apply(4);
        assert.equal(await live(), 4);
    });
});
