/** Samples the changes: some for each field, kind and way of changing it, spread over the objects. */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { RandomSource } from "../../support/random";
import { type Change, changesOf, Donors } from "./generator";
import { idOf } from "./schema";

export interface Sampling {
    readonly seed: number;
    /** Changed objects per kind. */
    readonly objects: number;
    /** Changes per field of a kind and way of changing it. */
    readonly ofEachField: number;
    /** Maximum changes per kind. */
    readonly ofEachKind: number;
}

export function sampledChanges(
    stack: readonly EvaluatedResource[],
    { seed, objects, ofEachField, ofEachKind }: Sampling,
): readonly Change[] {
    // The order of registration differs between runs.
    const sorted = [...stack].sort((a, b) => (a.urn < b.urn ? -1 : 1));
    const donors = new Donors(sorted);
    const random = new RandomSource(seed);
    const kinds = new Map<string, EvaluatedResource[]>();
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

function shuffled<Item>(items: readonly Item[], random: RandomSource): readonly Item[] {
    const mixed = [...items];
    for (let index = mixed.length - 1; index > 0; index--) {
        const other = random.integer(index + 1);
        [mixed[index], mixed[other]] = [mixed[other] as Item, mixed[index] as Item];
    }
    return mixed;
}
