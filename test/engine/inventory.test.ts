import assert from "node:assert/strict";
import * as fc from "fast-check";
import { formatEntries, Inventory, type InventoryStore, parseEntries } from "../../local/engine/inventory";
import { type InventoryEntry, keyOf } from "../../local/engine/ref";
import { anyEntry } from "./support/arbitrary";

const service = (name: string, protect = false): InventoryEntry => ({
    apiVersion: "v1",
    kind: "Service",
    namespace: "sparc",
    name,
    protect,
});

class MemoryStore implements InventoryStore {
    writes = 0;
    failing = false;
    constructor(public stored: readonly InventoryEntry[] = []) {}
    read(): Promise<readonly InventoryEntry[]> {
        return Promise.resolve(this.stored);
    }
    async write(entries: readonly InventoryEntry[]): Promise<void> {
        this.writes++;
        await new Promise(setImmediate);
        if (this.failing) throw new Error("the API server is away");
        this.stored = [...entries];
    }
}

describe("the inventory", () => {
    it("round-trips", () => {
        fc.assert(
            fc.property(fc.array(anyEntry), (entries) => {
                assert.deepEqual(parseEntries(formatEntries(entries)), entries);
            }),
        );
    });

    it("is human-readable text", () => {
        assert.equal(
            formatEntries([service("auth"), service("web", true)]),
            "v1 Service sparc auth\nv1 Service sparc web protected\n",
        );
    });

    it("is rejected if a line cannot be parsed", () => {
        for (const line of [
            "v1 Service sparc",
            "v1 Service sparc auth forever",
            "v1 Service sparc auth protected x",
        ]) {
            assert.throws(() => parseEntries(`${line}\n`), {
                message: `the inventory contains a line that this version cannot parse: "${line}"`,
            });
        }
    });

    it("has stored an entry when ensure resolves", async () => {
        const store = new MemoryStore([service("old")]);
        const inventory = await Inventory.load(store);
        await inventory.ensure([service("new")]);
        assert.deepEqual(
            store.stored.map(({ name }) => name),
            ["old", "new"],
        );
    });

    it("shares writes between concurrent calls", async () => {
        const store = new MemoryStore();
        const inventory = await Inventory.load(store);
        const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
        await Promise.all(names.map((name) => inventory.ensure([service(name)])));
        assert.equal(store.stored.length, 50);
        assert.ok(store.writes <= 2, `${store.writes} writes`);
    });

    it("writes nothing if it contains all entries", async () => {
        const store = new MemoryStore([service("a")]);
        const inventory = await Inventory.load(store);
        await inventory.ensure([service("a")]);
        await inventory.replaceAll([service("a")]);
        assert.equal(store.writes, 0);
    });

    it("rejects all waiting calls if a write fails, and writes again at the next call", async () => {
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

    it("keeps protection until the run that lifts it has completed", async () => {
        const store = new MemoryStore([service("a", true)]);
        const inventory = await Inventory.load(store);
        await inventory.ensure([service("a", false)]);
        assert.deepEqual(store.stored, [service("a", true)]);
        await inventory.replaceAll([service("a", false)]);
        assert.deepEqual(store.stored, [service("a", false)]);
    });

    it("lists entries that are not kept, whatever API version they are kept in", async () => {
        const entries = [service("a"), { ...service("b"), apiVersion: "x.io/v1beta1" }, service("c")];
        const inventory = await Inventory.load(new MemoryStore(entries));
        const kept = [service("a"), { ...service("b"), apiVersion: "x.io/v1" }];
        assert.deepEqual(inventory.obsolete(kept).map(keyOf), [keyOf(service("c"))]);
    });
});
