/** Removes what the program no longer names. */
import {
    deletionOrder,
    deletionStage,
    DELETION_STAGES,
    describeRef,
    type Entry,
    isRelease,
    type Ref,
} from "./ref";
import { failureOf } from "./remedy";
import { type Removal } from "./remove";
import { DeployError, type Failure, type ProgressLine } from "./types";

export interface Removers {
    /** Asks for an object's deletion; undefined where there is none to delete. */
    removeObject(ref: Ref): Promise<Removal | undefined>;
    untilGone(removal: Removal): Promise<void>;
    /** Whether there was one to remove. */
    removeRelease(ref: Ref): Promise<boolean>;
}

/** @throws DeployError when any of `vanished` is protected; to be called before anything is deleted. */
export function assertUnprotected(vanished: readonly Entry[], action: string): void {
    refuseDeletion(vanished.filter(({ protect }) => protect).map(describeRef), action);
}

/** @throws DeployError unless `what` is empty: the names of protected things that `action` would delete. */
export function refuseDeletion(what: readonly string[], action: string): void {
    if (what.length === 0) return;
    throw new DeployError(
        `${action} would delete what is protected; nothing has been deleted`,
        what.map((name) => ({
            what: name,
            message: "it is protected",
            remedy: "keep it; or deploy once with it and `protect: false`, and remove it only then",
        })),
    );
}

/**
 * Deletes `vanished` stage by stage, each gone before the next begins: pods, then the policies that guarded them,
 * then releases, then namespaces. Does all of a stage before it gives up.
 *
 * @returns how many of them were there
 * @throws DeployError with all that could not be removed; the rest of that stage is gone, later stages untouched.
 */
export async function removeAll(
    vanished: readonly Entry[],
    removers: Removers,
    progress: ProgressLine,
): Promise<number> {
    const ordered = deletionOrder(vanished);
    let removed = 0;
    for (const stage of DELETION_STAGES) {
        const refs = ordered.filter((ref) => deletionStage(ref) === stage);
        const failures: Failure[] = [];
        const removals: { ref: Ref; removal: Removal }[] = [];
        for (const ref of refs) {
            progress(`removing ${describeRef(ref)}`);
            try {
                if (isRelease(ref)) {
                    if (await removers.removeRelease(ref)) removed++;
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
                    .untilGone(removal)
                    .catch((error: unknown) => void failures.push(failureOf(ref, error))),
            ),
        );
        if (failures.length > 0)
            throw new DeployError("some of what the program no longer has is still there", failures);
    }
    return removed;
}
