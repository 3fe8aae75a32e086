/** Deterministic orders: they depend on the names only, not on the locale or the input's order. */

/** Compares by UTF-16 code unit, as `Array.prototype.sort` does for strings. */
export function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares lists of names lexicographically. */
export function compareAll(a: readonly string[], b: readonly string[]): number {
    const different = a.findIndex((name, position) => name !== b[position]);
    if (different === -1) return a.length - b.length;
    return compare(a[different] ?? "", b[different] ?? "");
}

/** The entries of a record, sorted by name. */
export function sortedEntries<T>(record: Readonly<Record<string, T>>): [name: string, value: T][] {
    return Object.entries(record).sort(([a], [b]) => compare(a, b));
}

/** Reads a property, ignoring the prototype chain: a service can be called `constructor`. */
export function getOwn<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
    return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Groups items, in order of first appearance; no group is empty. */
export function groupBy<Item>(
    items: readonly Item[],
    key: (item: Item) => string,
): Map<string, [Item, ...Item[]]> {
    const groups = new Map<string, [Item, ...Item[]]>();
    for (const item of items) {
        const group = groups.get(key(item));
        if (group === undefined) groups.set(key(item), [item]);
        else group.push(item);
    }
    return groups;
}
