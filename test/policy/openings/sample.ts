/** Which of all changes are tried: some of each field of each kind in each way, spread over the objects. */
import { type JudgedResource } from "../../../cli/policy/protocol";
import { type Change, changesOf, Donors, Random } from "./generator";
import { idOf } from "./schema";

export interface Sampling {
    readonly seed: number;
    /** Objects of each kind whose changes are made. */
    readonly objects: number;
    /** Changes of one field of a kind in one way. */
    readonly ofEachField: number;
    /** Changes of a kind at most. */
    readonly ofEachKind: number;
}

export function sampledChanges(
    stack: readonly JudgedResource[],
    { seed, objects, ofEachField, ofEachKind }: Sampling,
): readonly Change[] {
    // The order in which a program registers differs from run to run.
    const sorted = [...stack].sort((a, b) => (a.urn < b.urn ? -1 : 1));
    const donors = new Donors(sorted);
    const random = new Random(seed);
    const kinds = new Map<string, JudgedResource[]>();
    for (const resource of sorted) {
        const id = idOf(resource);
        if (id !== undefined) kinds.set(id, [...(kinds.get(id) ?? []), resource]);
    }
    return [...kinds.values()].flatMap((resources) => {
        const chosen = shuffled(resources, random).slice(0, objects);
        const fields = new Map<string, Change[]>();
        for (const change of chosen.flatMap((resource) => changesOf(resource, donors, random))) {
            const key = `${change.field} ${change.how}`;
            fields.set(key, [...(fields.get(key) ?? []), change]);
        }
        const some = [...fields.values()].flatMap((group) => shuffled(group, random).slice(0, ofEachField));
        return shuffled(some, random).slice(0, ofEachKind);
    });
}

function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
    const mixed = [...items];
    for (let index = mixed.length - 1; index > 0; index--) {
        const other = random.below(index + 1);
        [mixed[index], mixed[other]] = [mixed[other] as Item, mixed[index] as Item];
    }
    return mixed;
}
