import assert from "node:assert/strict";
import * as fc from "fast-check";
import { converge, type Counts, type EngineContext } from "../../local/engine/converge";
import { Inventory, type InventoryStore } from "../../local/engine/inventory";
import { type InventoryEntry, keyOf, type Ref } from "../../local/engine/ref";
import { anyEntry } from "./support/arbitrary";
import { fakeProgram } from "./support/fake-program";

/** A cluster in which a run can die after any change. */
class Cluster implements EngineContext, InventoryStore {
    readonly objects = new Set<string>();
    inventory: readonly InventoryEntry[] = [];
    /** The number of changes after which the run dies. */
    private stepsLeft = Infinity;
    changes = 0;

    dieAfter(steps: number): void {
        this.stepsLeft = steps;
    }

    read(): Promise<readonly InventoryEntry[]> {
        return Promise.resolve(this.inventory);
    }

    write(entries: readonly InventoryEntry[]): Promise<void> {
        return this.change(() => (this.inventory = [...entries]));
    }

    async apply({ entry }: Parameters<EngineContext["apply"]>[0]): ReturnType<EngineContext["apply"]> {
        const outcome = this.objects.has(keyOf(entry)) ? "unchanged" : "created";
        await this.change(() => this.objects.add(keyOf(entry)));
        return { outcome, state: {} };
    }

    awaitReady(): ReturnType<EngineContext["awaitReady"]> {
        return Promise.resolve([]);
    }

    assertUnused(): Promise<void> {
        return Promise.resolve();
    }

    finish(): Promise<void> {
        return Promise.resolve();
    }

    async removeObject(ref: Ref): ReturnType<EngineContext["removeObject"]> {
        return (await this.removeRelease(ref)) ? { ref, path: "", uid: "" } : undefined;
    }

    waitForDeletion(): Promise<void> {
        return Promise.resolve();
    }

    async removeRelease(ref: Ref): Promise<boolean> {
        const existed = this.objects.has(keyOf(ref));
        await this.change(() => this.objects.delete(keyOf(ref)));
        return existed;
    }

    releasePatch(ref: Ref): Promise<boolean> {
        return this.removeRelease(ref);
    }

    /** Asserts that the inventory contains every object: nothing has leaked. */
    assertNothingLeaked(): void {
        const known = new Set(this.inventory.map(keyOf));
        for (const object of this.objects) assert.ok(known.has(object), `no inventory contains ${object}`);
    }

    private async change(effect: () => void): Promise<void> {
        // Other tasks run between a decision and its effect, as with a network.
        await new Promise(setImmediate);
        if (this.stepsLeft-- <= 0) throw new Error("killed");
        this.changes++;
        effect();
        this.assertNothingLeaked();
    }
}

async function run(
    cluster: Cluster,
    entries: readonly InventoryEntry[],
    late = (): boolean => false,
): Promise<Counts> {
    return converge(fakeProgram(entries, late), await Inventory.load(cluster), cluster, () => undefined);
}

const programs = fc.uniqueArray(
    anyEntry.map((entry) => ({ ...entry, protect: false })),
    { selector: keyOf, maxLength: 12 },
);

describe("a run of the in-process engine", () => {
    it("that is killed at any point leaks nothing, and the next one completes it", async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.array(fc.record({ entries: programs, steps: fc.nat(30) }), { maxLength: 5 }),
                programs,
                fc.func(fc.boolean()),
                async (killed, last, late) => {
                    const cluster = new Cluster();
                    for (const { entries, steps } of killed) {
                        cluster.dieAfter(steps);
                        await run(cluster, entries, late as () => boolean).catch(() => undefined);
                        cluster.assertNothingLeaked();
                    }
                    cluster.dieAfter(Infinity);
                    await run(cluster, last, late as () => boolean);
                    assert.deepEqual(new Set(cluster.objects), new Set(last.map(keyOf)));
                    assert.deepEqual(new Set(cluster.inventory.map(keyOf)), new Set(last.map(keyOf)));

                    const { changes } = cluster;
                    const counts = await run(cluster, last, late as () => boolean);
                    assert.deepEqual(counts, { created: 0, updated: 0, unchanged: last.length, pruned: 0 });
                    // Each object is applied again; the inventory is not written.
                    assert.equal(cluster.changes - changes, last.length);
                },
            ),
            { numRuns: 150 },
        );
    });

    it("removes exactly what was removed from the program", async () => {
        await fc.assert(
            fc.asyncProperty(programs, programs, async (before, after) => {
                const cluster = new Cluster();
                await run(cluster, before);
                const counts = await run(cluster, after);
                const kept = new Set(after.map(keyOf));
                assert.equal(counts.pruned, before.filter((entry) => !kept.has(keyOf(entry))).length);
                assert.deepEqual(new Set(cluster.objects), kept);
            }),
            { numRuns: 100 },
        );
    });
});
