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
            fc.property(
                fc.uniqueArray(anyEntry, { selector: keyOf }),
                fc.array(fc.uniqueArray(fc.nat(), { maxLength: 4 })),
                (entries, numbers) => {
                    const all = entries.map((entry, index) => {
                        const others = (numbers[index] ?? []).map((number) => number % entries.length);
                        const dependsOn = [...new Set(others)]
                            .sort((a, b) => a - b)
                            .map((other) => keyOf(entries[other]!));
                        return dependsOn.length === 0 ? entry : { ...entry, dependsOn };
                    });
                    assert.deepEqual(parseEntries(formatEntries(all)), all);
                },
            ),
        );
    });

    it("is human-readable text", () => {
        assert.equal(
            formatEntries([
                service("auth"),
                { ...service("web", true), dependsOn: [keyOf(service("auth")), "gone"] },
                { ...service("new"), dependsOn: [keyOf(service("web")), keyOf(service("auth"))] },
            ]),
            "v1 Service sparc auth\n" +
                "v1 Service sparc web protected depends-on=1\n" +
                "v1 Service sparc new depends-on=1,2\n",
        );
    });

    it("is rejected if a line cannot be parsed", () => {
        for (const line of [
            "v1 Service sparc",
            "v1 Service sparc auth forever",
            "v1 Service sparc auth protected x",
            "v1 Service sparc auth depends-on=",
            "v1 Service sparc auth depends-on=2",
            "v1 Service sparc auth depends-on=1 protected",
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

    describe("of an object's dependencies", () => {
        const dependent = { ...service("web"), dependsOn: [keyOf(service("auth"))] };

        it("is not written before each object, but once a second has passed", async () => {
            const store = new MemoryStore();
            let now = 0;
            const inventory = await Inventory.load(store, { clock: { now: () => now } });
            await inventory.ensure([service("auth"), service("web")]);
            const { writes } = store;
            await inventory.ensure([dependent]);
            assert.equal(store.writes, writes);
            now += 1000;
            await inventory.ensure([service("auth")]);
            await inventory.flush();
            assert.equal(store.writes, writes + 1);
            assert.deepEqual(store.stored[1]?.dependsOn, dependent.dependsOn);
        });

        it("is written at the end of a run, also of one that failed", async () => {
            const store = new MemoryStore([service("auth"), service("web")]);
            const inventory = await Inventory.load(store);
            await inventory.ensure([dependent]);
            assert.equal(store.writes, 0);
            await inventory.flush();
            assert.deepEqual(store.stored[1]?.dependsOn, dependent.dependsOn);
            await inventory.flush();
            assert.equal(store.writes, 1);
        });

        it("keeps the earlier ones until a run has completed", async () => {
            const store = new MemoryStore([service("auth"), service("db"), dependent]);
            const inventory = await Inventory.load(store);
            const changed = { ...service("web"), dependsOn: [keyOf(service("db"))] };
            await inventory.ensure([changed]);
            await inventory.flush();
            assert.deepEqual(store.stored[2]?.dependsOn, [keyOf(service("auth")), keyOf(service("db"))]);
            await inventory.replaceAll([service("auth"), service("db"), changed]);
            assert.deepEqual(store.stored[2], changed);
        });
    });
});
