import assert from "node:assert/strict";
import * as fc from "fast-check";
import { deletionGroups } from "../../local/engine/deletion-order";
import { type InventoryEntry, keyOf, releaseRef } from "../../local/engine/ref";
import { anyEntry } from "./support/arbitrary";

const STAGES = ["Deployment", undefined, "Release", "Namespace"];

function stageOf({ kind }: InventoryEntry): number {
    const stage = STAGES.indexOf(kind);
    return stage === -1 ? 1 : stage;
}

/** Entries that depend on earlier ones, and which of them are obsolete. */
const inventories = fc.uniqueArray(anyEntry, { selector: keyOf, maxLength: 12 }).chain((entries) =>
    fc.record({
        entries: fc.constant(entries),
        edges: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }),
        obsolete: fc.array(fc.boolean(), { minLength: entries.length, maxLength: entries.length }),
    }),
);

/**
 * The groups in which the obsolete entries are deleted, and the position of each entry's.
 *
 * @param depends for each entry, the positions of those that it depends on
 */
function deleted(
    entries: readonly InventoryEntry[],
    depends: readonly ReadonlySet<number>[],
    obsolete: readonly boolean[],
): {
    readonly groups: readonly (readonly InventoryEntry[])[];
    readonly groupOf: ReadonlyMap<string, number>;
} {
    const all = entries.map((entry, index) => ({
        ...entry,
        dependsOn: [...depends[index]!].map((other) => keyOf(entries[other]!)),
    }));
    const groups = deletionGroups(
        all.filter((_, index) => obsolete[index]),
        all,
    );
    const groupOf = new Map(
        groups.flatMap((group, index) => group.map((entry) => [keyOf(entry), index] as const)),
    );
    return { groups, groupOf };
}

/** Adds what the dependencies depend on. */
function closeTransitively(depends: readonly Set<number>[]): void {
    for (const middle of depends.keys())
        for (const one of depends) if (one.has(middle)) for (const other of depends[middle]!) one.add(other);
}

describe("the order of deletions", () => {
    it("deletes everything once, what depends on an entry before it, even through entries that stay", () => {
        fc.assert(
            fc.property(inventories, ({ entries, edges, obsolete }) => {
                const count = entries.length;
                if (count === 0) return;
                const depends = entries.map(() => new Set<number>());
                for (const [a, b] of edges) {
                    const [low, high] = [Math.min(a % count, b % count), Math.max(a % count, b % count)];
                    if (low !== high) depends[high]!.add(low);
                }
                const { groups, groupOf } = deleted(entries, depends, obsolete);
                assert.equal(groups.flat().length, groupOf.size);
                assert.equal(groupOf.size, obsolete.filter(Boolean).length);
                closeTransitively(depends);
                entries.forEach((entry, index) => {
                    for (const other of depends[index]!) {
                        const [mine, its] = [groupOf.get(keyOf(entry)), groupOf.get(keyOf(entries[other]!))];
                        if (mine !== undefined && its !== undefined) assert.ok(mine < its);
                    }
                });
            }),
            { numRuns: 500 },
        );
    });

    it("is workloads, policies, releases, namespaces without dependencies, the last applied first", () => {
        fc.assert(
            fc.property(fc.uniqueArray(anyEntry, { selector: keyOf }), (entries) => {
                const groups = deletionGroups(entries);
                assert.deepEqual(
                    groups.map((group) => new Set(group.map(stageOf)).size),
                    groups.map(() => 1),
                );
                const ordered = groups.flat();
                assert.deepEqual(
                    ordered.map(stageOf),
                    ordered.map(stageOf).sort((a, b) => a - b),
                );
                for (const group of groups) {
                    const positions = group.map((entry) => entries.indexOf(entry));
                    assert.deepEqual(
                        positions,
                        [...positions].sort((a, b) => b - a),
                    );
                }
            }),
        );
    });

    it("ends for dependencies that form a cycle", () => {
        const release = releaseRef("sparc", "a");
        const other = releaseRef("sparc", "b");
        const cycle = [
            { ...release, protect: false, dependsOn: [keyOf(other)] },
            { ...other, protect: false, dependsOn: [keyOf(release)] },
        ];
        assert.equal(deletionGroups(cycle).flat().length, 2);
    });

    it("keeps every other order when some dependencies form a cycle", () => {
        fc.assert(
            fc.property(inventories, ({ entries, edges, obsolete }) => {
                const count = entries.length;
                if (count === 0) return;
                // In any direction, so that cycles of every length occur.
                const depends = entries.map(() => new Set<number>());
                for (const [a, b] of edges) if (a % count !== b % count) depends[a % count]!.add(b % count);
                const { groups, groupOf } = deleted(entries, depends, obsolete);
                assert.equal(groups.flat().length, obsolete.filter(Boolean).length);
                closeTransitively(depends);
                entries.forEach((entry, index) => {
                    for (const other of depends[index]!) {
                        if (depends[other]!.has(index)) continue;
                        const [mine, its] = [groupOf.get(keyOf(entry)), groupOf.get(keyOf(entries[other]!))];
                        if (mine !== undefined && its !== undefined) assert.ok(mine < its);
                    }
                });
            }),
            { numRuns: 500 },
        );
    });
});
