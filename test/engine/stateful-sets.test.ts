/** Immutable fields of a StatefulSet, on a real API server: its message for them is not that of other kinds. */
import assert from "node:assert/strict";
import { Applier } from "../../local/engine/apply";
import { Discovery } from "../../local/engine/kube/discovery";
import { Snapshot } from "../../local/engine/kube/snapshot";
import type { KubeObject } from "../../local/lib/kube-object";
import { apiServerOfSuite } from "../support/api-server";

const NAME = "ledger";

describe("a StatefulSet whose immutable fields change, on a real API server", function () {
    this.timeout(180_000);
    const suite = apiServerOfSuite("statefulsets");

    const claim = (name: string, storage = "1Gi") => ({
        metadata: { name },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    });

    /** Applies the StatefulSet as a run of the engine does. No controller collects what a foreground deletion leaves. */
    async function apply(spec: object, replaceable = true): Promise<string> {
        const { client } = suite();
        const discovery = new Discovery(client);
        const remover = {
            remove: async () => {
                await suite().server.kubectl(["delete", "statefulset", NAME, "--cascade=background"]);
                return undefined;
            },
            waitForDeletion: () => Promise.resolve(),
        };
        const object: KubeObject = {
            apiVersion: "apps/v1",
            kind: "StatefulSet",
            metadata: { name: NAME, namespace: "default" },
            spec: {
                serviceName: NAME,
                selector: { matchLabels: { app: NAME } },
                template: {
                    metadata: { labels: { app: NAME } },
                    spec: { containers: [{ name: "main", image: "ledger:1" }] },
                },
                volumeClaimTemplates: [claim("data-a")],
                ...spec,
            },
        };
        return (
            await new Applier(client, discovery, new Snapshot(client), remover).apply(object, replaceable)
        ).outcome;
    }

    const uid = () => suite().server.kubectl(["get", "statefulset", NAME, "-o", "jsonpath={.metadata.uid}"]);

    for (const [what, changed] of [
        ["its Service", { serviceName: "ledger-peers" }],
        ["the order in which pods start", { podManagementPolicy: "Parallel" }],
        ["another volume", { volumeClaimTemplates: [claim("data-a"), claim("data-b")] }],
        ["a larger volume", { volumeClaimTemplates: [claim("data-a", "2Gi")] }],
    ] as const) {
        it(`is replaced for ${what}`, async () => {
            await apply({});
            const before = await uid();
            assert.equal(await apply(changed), "updated");
            assert.notEqual(await uid(), before);
            assert.equal(await apply(changed), "unchanged");
        });
    }

    it("is not replaced for another field, or if it is protected", async () => {
        await apply({});
        const before = await uid();
        await apply({ replicas: 3 });
        assert.equal(await uid(), before);
        await assert.rejects(
            apply({ serviceName: "ledger-peers" }, false),
            /statefulset spec for fields other than/,
        );
    });
});
