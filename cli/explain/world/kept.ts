import type { World } from "./world";

/**
 * What follows from a world and one of its workloads, computed once: neither changes after it is made, and a comparison of two
 * meshes evaluates thousands of requests between the same workloads.
 */
export class Kept<Value extends object> {
    private readonly values = new WeakMap<World, WeakMap<object, Map<string, Value>>>();

    /** @param detail all else that the value depends on */
    of(world: World, about: object, detail: string, make: () => Value): Value {
        const ofWorld = getOrAdd(this.values, world, () => new WeakMap<object, Map<string, Value>>());
        return getOrAdd(
            getOrAdd(ofWorld, about, () => new Map<string, Value>()),
            detail,
            make,
        );
    }
}

/** A function of a text that always returns the same, such as the expression that a pattern compiles to. */
export function keptByText<Value extends object>(make: (text: string) => Value): (text: string) => Value {
    const values = new Map<string, Value>();
    return (text) => getOrAdd(values, text, () => make(text));
}

/** A function of an object that does not change. */
export function keptByObject<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
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
