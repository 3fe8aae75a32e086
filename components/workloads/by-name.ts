/** A record's entries in the order of their names, so that no output depends on how it was written. */
export function byName<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
    return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
