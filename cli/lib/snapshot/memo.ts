import type { MeshSnapshot } from "./snapshot";

/**
 * Memoizes values derived from a snapshot and one of its objects. Both are immutable, and `mesh diff` evaluates
 * thousands of requests between the same workloads.
 */
export class Memo<Value extends object> {
    private readonly values = new WeakMap<MeshSnapshot, WeakMap<object, Map<string, Value>>>();

    /** @param detail everything else that the value depends on */
    of(snapshot: MeshSnapshot, about: object, detail: string, make: () => Value): Value {
        const ofSnapshot = getOrAdd(this.values, snapshot, () => new WeakMap<object, Map<string, Value>>());
        return getOrAdd(
            getOrAdd(ofSnapshot, about, () => new Map<string, Value>()),
            detail,
            make,
        );
    }
}

/** Memoizes a pure function of a string, such as the compilation of a pattern. */
export function memoizeByText<Value extends object>(make: (text: string) => Value): (text: string) => Value {
    const values = new Map<string, Value>();
    return (text) => getOrAdd(values, text, () => make(text));
}

/** Memoizes a pure function of an immutable object. */
export function memoizeByObject<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
    const values = new WeakMap<Key, { readonly value: Value }>();
    return (key) => getOrAdd(values, key, () => ({ value: make(key) })).value;
}

function getOrAdd<Key, Value extends object>(
    map: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown },
    key: Key,
    make: () => Value,
): Value {
    const known = map.get(key);
    if (known !== undefined) return known;
    const made = make();
    map.set(key, made);
    return made;
}
