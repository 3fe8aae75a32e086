/** The order in which resources are deleted. */
import { deletionStage, DELETION_STAGES, type InventoryEntry, keyOf } from "./ref";

/**
 * Groups `obsolete` for deletion, each group complete before the next starts. As in Pulumi, a resource is deleted before those
 * that it depends on, directly or through resources that stay: Flagger's rights must outlive its Canaries, which Flagger has to
 * release. Where dependencies leave a choice, workloads come before the policies that protect them, objects before the releases
 * with their CRDs, and namespaces last, because a release stores its records in one; within a group, last applied first.
 *
 * @param all every entry of the inventory, in the order of their first application @default `obsolete`
 */
export function deletionGroups(
    obsolete: readonly InventoryEntry[],
    all: readonly InventoryEntry[] = obsolete,
): InventoryEntry[][] {
    const dependencies = new Map(all.map((entry) => [keyOf(entry), entry.dependsOn ?? []]));
    const left = new Map([...obsolete].reverse().map((entry) => [keyOf(entry), entry]));
    const mustOutlive = new Map([...left.keys()].map((key) => [key, reachable(key, dependencies)]));
    const groups: InventoryEntry[][] = [];
    while (left.size > 0) {
        const candidates = [...left.values()].filter((entry) => isFree(keyOf(entry), left, mustOutlive));
        const stage = DELETION_STAGES.find((one) => candidates.some((entry) => deletionStage(entry) === one));
        const group = candidates.filter((entry) => deletionStage(entry) === stage);
        for (const entry of group) left.delete(keyOf(entry));
        groups.push(group);
    }
    return groups;
}

/**
 * Whether nothing that is left depends on an entry. Dependencies of several runs can form a cycle, after runs that were killed:
 * its entries do not wait for each other, but for everything else that depends on them.
 */
function isFree(
    key: string,
    left: ReadonlyMap<string, InventoryEntry>,
    mustOutlive: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
    const its = mustOutlive.get(key);
    return [...left.keys()].every((other) => mustOutlive.get(other)?.has(key) !== true || its?.has(other));
}

/** What a key depends on, directly or indirectly, without itself. */
function reachable(key: string, dependencies: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
    const seen = new Set<string>();
    const open = [...(dependencies.get(key) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (next === key || seen.has(next)) continue;
        seen.add(next);
        open.push(...(dependencies.get(next) ?? []));
    }
    return seen;
}
