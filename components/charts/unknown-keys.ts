/** Unknown Helm values, which Helm would silently ignore. */
import { closest, distance } from "fastest-levenshtein";

/** The known keys; `true` if anything is allowed below one. */
export interface Keys {
    readonly [key: string]: Keys | true;
}

/**
 * Returns the paths in `values` that are not in `keys`, each with the known keys there.
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
            ? [`${place}: unknown value; ${suggestion(key, keys)}`]
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
