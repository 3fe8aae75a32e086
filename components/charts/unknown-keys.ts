/** Values that a chart does not know, which Helm would take in silence. */
import { closest, distance } from "fastest-levenshtein";

/** The keys that there are; `true` where anything may stand below one. */
export interface Keys {
    readonly [key: string]: Keys | true;
}

/**
 * The places of `values` that are none of `keys`, each with what may stand there.
 *
 * @param path of `values`, for messages
 */
export function unknownKeys(values: unknown, keys: Keys | true, path = ""): string[] {
    if (keys === true || typeof values !== "object" || values === null) return [];
    if (Array.isArray(values))
        return values.flatMap((one, index) => unknownKeys(one, keys, `${path}[${index}]`));
    return Object.entries(values).flatMap(([key, below]) => {
        const place = path === "" ? key : `${path}.${key}`;
        const known = Object.hasOwn(keys, key) ? keys[key] : undefined;
        return known === undefined
            ? [`${place} is no value of it; ${suggestion(key, keys)}`]
            : unknownKeys(below, known, place);
    });
}

function suggestion(key: string, keys: Keys): string {
    const all = Object.keys(keys);
    const nearest = closest(key, all);
    return distance(key, nearest) <= Math.max(2, key.length / 3)
        ? `did you mean "${nearest}"?`
        : `known there: ${all.join(", ")}`;
}
