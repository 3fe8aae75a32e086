/** Prunes what the program no longer declares. */
import { deletionGroups } from "./deletion-order";
import { describeRef, type InventoryEntry, isPatch, isRelease, type Ref } from "./ref";
import { failureOf } from "./remedy";
import { type Removal } from "./remove";
import { DeployError, type Failure, type ProgressLine } from "./types";

export interface Removers {
    /** Starts an object's deletion; undefined if there is nothing to delete. */
    removeObject(ref: Ref): Promise<Removal | undefined>;
    waitForDeletion(removal: Removal): Promise<void>;
    /** Returns whether the release existed. */
    removeRelease(ref: Ref): Promise<boolean>;
    /** Removes a patch's fields from the object, which stays. Returns whether it had any. */
    releasePatch(ref: Ref): Promise<boolean>;
}

/** @throws DeployError if any of `obsolete` is protected. Call it before anything is deleted. */
export function assertUnprotected(obsolete: readonly InventoryEntry[], action: string): void {
    rejectDeletion(obsolete.filter(({ protect }) => protect).map(describeRef), action);
}

/** @param what the names of protected resources that `action` would delete. @throws DeployError unless it is empty. */
export function rejectDeletion(what: readonly string[], action: string): void {
    if (what.length === 0) return;
    throw new DeployError(
        `${action} would delete protected resources; nothing was deleted`,
        what.map((name) => ({
            what: name,
            message: "it is protected",
            remedy: "keep it; or first deploy it with `protect: false`, then remove it",
        })),
    );
}

/**
 * Deletes `obsolete` group by group (`deletionGroups`). Completes a group before it fails.
 *
 * @param all every entry of the inventory
 * @returns the number of those that existed
 * @throws DeployError with all failures; the rest of that group is deleted, later groups are not.
 */
export async function removeAll(
    obsolete: readonly InventoryEntry[],
    all: readonly InventoryEntry[],
    removers: Removers,
    progress: ProgressLine,
): Promise<number> {
    let removed = 0;
    for (const refs of deletionGroups(obsolete, all)) {
        const failures: Failure[] = [];
        const removals: { ref: Ref; removal: Removal }[] = [];
        for (const ref of refs) {
            progress(`removing ${describeRef(ref)}`);
            try {
                if (isRelease(ref) || isPatch(ref)) {
                    const remove = isPatch(ref) ? "releasePatch" : "removeRelease";
                    if (await removers[remove](ref)) removed++;
                    continue;
                }
                const removal = await removers.removeObject(ref);
                if (removal === undefined) continue;
                removals.push({ ref, removal });
                removed++;
            } catch (error) {
                failures.push(failureOf(ref, error));
            }
        }
        await Promise.all(
            removals.map(({ ref, removal }) =>
                removers
                    .waitForDeletion(removal)
                    .catch((error: unknown) => void failures.push(failureOf(ref, error))),
            ),
        );
        if (failures.length > 0) throw new DeployError("some resources could not be deleted", failures);
    }
    return removed;
}
