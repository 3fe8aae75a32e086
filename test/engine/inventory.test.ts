import assert from "node:assert/strict";
import * as fc from "fast-check";
import { formatEntries, Inventory, type InventoryStore, parseEntries } from "../../local/engine/inventory";
import { type Entry, keyOf } from "../../local/engine/ref";
import { anyEntry } from "./support/arbitrary";

const service = (name: string, protect = false): Entry => ({
    apiVersion: "v1",
    kind: "Service",
    namespace: "sparc",
    name,
    protect,
});

class MemoryStore implements InventoryStore {
    writes = 0;
    failing = false;
    constructor(public stored: readonly Entry[] = []) {}
    read(): Promise<readonly Entry[]> {
        return Promise.resolve(this.stored);
    }
    async write(entries: readonly Entry[]): Promise<void> {
        this.writes++;
        await new Promise(setImmediate);
        if (this.failing) throw new Error("the API server is away");
        this.stored = [...entries];
    }
}

describe("the inventory", () => {
    it("is read back as it was written", () => {
        fc.assert(
            fc.property(fc.array(anyEntry), (entries) => {
                assert.deepEqual(parseEntries(formatEntries(entries)), entries);
            }),
        );
    });

    it("is text that people can read", () => {
        assert.equal(
            formatEntries([service("auth"), service("web", true)]),
            "v1 Service sparc auth\nv1 Service sparc web protected\n",
        );
    });

    it("is refused where a line cannot be read, rather than taken for less", () => {
        for (const line of [
            "v1 Service sparc",
            "v1 Service sparc auth forever",
            "v1 Service sparc auth protected x",
        ]) {
            assert.throws(() => parseEntries(`${line}\n`), {
                message: `the inventory holds a line that this version cannot read: "${line}"`,
            });
        }
    });

    it("has in the store what was ensured, when ensure resolves", async () => {
        const store = new MemoryStore([service("old")]);
        const inventory = await Inventory.load(store);
        await inventory.ensure([service("new")]);
        assert.deepEqual(
            store.stored.map(({ name }) => name),
            ["old", "new"],
        );
    });

    it("shares writes among all who ask at once", async () => {
        const store = new MemoryStore();
        const inventory = await Inventory.load(store);
        const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
        await Promise.all(names.map((name) => inventory.ensure([service(name)])));
        assert.equal(store.stored.length, 50);
        assert.ok(store.writes <= 2, `${store.writes} writes`);
    });

    it("writes nothing where everything is known", async () => {
        const store = new MemoryStore([service("a")]);
        const inventory = await Inventory.load(store);
        await inventory.ensure([service("a")]);
        await inventory.settle([service("a")]);
        assert.equal(store.writes, 0);
    });

    it("lets nobody go on where a write fails, and writes again when asked again", async () => {
        const store = new MemoryStore();
        const inventory = await Inventory.load(store);
        store.failing = true;
        await assert.rejects(inventory.ensure([service("a")]), { message: "the API server is away" });
        store.failing = false;
        await inventory.ensure([service("b")]);
        assert.deepEqual(
            store.stored.map(({ name }) => name),
            ["a", "b"],
        );
    });

    it("keeps protection until the run that lifts it has settled", async () => {
        const store = new MemoryStore([service("a", true)]);
        const inventory = await Inventory.load(store);
        await inventory.ensure([service("a", false)]);
        assert.deepEqual(store.stored, [service("a", true)]);
        await inventory.settle([service("a", false)]);
        assert.deepEqual(store.stored, [service("a", false)]);
    });

    it("calls vanished what is known and not kept, whatever version it is kept in", async () => {
        const entries = [service("a"), { ...service("b"), apiVersion: "x.io/v1beta1" }, service("c")];
        const inventory = await Inventory.load(new MemoryStore(entries));
        const kept = [service("a"), { ...service("b"), apiVersion: "x.io/v1" }];
        assert.deepEqual(inventory.vanished(kept).map(keyOf), [keyOf(service("c"))]);
    });
});
