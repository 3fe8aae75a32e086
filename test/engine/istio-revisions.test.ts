import assert from "node:assert/strict";
import { converge } from "../../local/engine/converge";
import { Inventory } from "../../local/engine/inventory";
import { assertRevisionsUnused } from "../../local/engine/istio-revisions";
import { type InventoryEntry, releaseRef } from "../../local/engine/ref";
import { DeployError } from "../../local/engine/types";
import { fakeProgram } from "./support/fake-program";

const istiod = (revision: string): InventoryEntry => ({
    ...releaseRef("istio-system", `istiod-${revision}`),
    protect: false,
});
const elsewhere: InventoryEntry = { ...releaseRef("monitoring", "istiod-old"), protect: false };

/** Pods of two revisions, a page for each. */
const pods = {
    get: (path: string): Promise<unknown> => {
        const pod = (name: string, revision: string) => ({
            metadata: { namespace: "sparc", name, annotations: { "istio.io/rev": revision } },
        });
        return Promise.resolve(
            path.includes("continue=")
                ? { metadata: {}, items: [pod("auth", "old")] }
                : { metadata: { continue: "n/x" }, items: [pod("video", "new")] },
        );
    },
};

describe("the in-process engine", () => {
    it("does not remove an Istio revision that proxies use, and names them", async () => {
        await assert.rejects(assertRevisionsUnused(pods, [istiod("old")]), (error: unknown) => {
            assert.ok(error instanceof DeployError);
            assert.match(error.message, /nothing was removed[^]*Istio revision old: 1 proxy uses/);
            assert.match(error.message, /sparc\/auth \(old\)[^]*→ list old in istio\.revisions again/);
            return true;
        });
    });

    it("removes one that no proxy uses, and releases that are not istiod's, without listing pods", async () => {
        await assertRevisionsUnused(pods, [istiod("older")]);
        const never = { get: () => Promise.reject(new Error("a request")) };
        await assertRevisionsUnused(never, [
            elsewhere,
            { apiVersion: "v1", kind: "Service", namespace: "istio-system", name: "istiod-old" },
        ]);
        await assertRevisionsUnused(never, []);
    });

    it("checks this before it changes anything", async () => {
        const entries = [istiod("old"), istiod("new")];
        const done: string[] = [];
        const note = (what: string) => {
            done.push(what);
            return Promise.resolve();
        };
        const cluster = {
            apply: () => note("apply").then(() => ({ outcome: "created" as const, state: {} })),
            assertUnused: (obsolete: readonly { name: string }[]) =>
                Promise.reject(new DeployError(obsolete.map(({ name }) => name).join(), [])),
            awaitReady: () => Promise.resolve([]),
            finish: () => Promise.resolve(),
            removeObject: () => note("remove").then(() => undefined),
            releasePatch: () => note("release").then(() => true),
            removeRelease: () => note("remove").then(() => true),
            waitForDeletion: () => Promise.resolve(),
        };
        const inventory = await Inventory.load({
            read: () => Promise.resolve(entries),
            write: () => note("write"),
        });
        await assert.rejects(
            converge(fakeProgram([istiod("new")]), inventory, cluster, () => undefined),
            /^DeployError: istiod-old/,
        );
        assert.deepEqual(done, []);
    });
});
