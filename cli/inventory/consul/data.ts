/** Reads fields of Consul's objects, which are JSON of any shape. */

export type Data = Readonly<Record<string, unknown>>;

export function dataOf(value: unknown): Data {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

/** The value at keys below an object; undefined if there is none. */
export function valueAt(value: unknown, ...keys: readonly string[]): unknown {
    return keys.reduce<unknown>((current, key) => dataOf(current)[key], value);
}

/** Text; empty if there is none. */
export function textAt(value: unknown, ...keys: readonly string[]): string {
    const found = valueAt(value, ...keys);
    return typeof found === "string" ? found : "";
}

/** A number; 0 if there is none. */
export function numberAt(value: unknown, ...keys: readonly string[]): number {
    const found = valueAt(value, ...keys);
    return typeof found === "number" ? found : 0;
}

export function listAt(value: unknown, ...keys: readonly string[]): readonly unknown[] {
    const found = valueAt(value, ...keys);
    return Array.isArray(found) ? (found as readonly unknown[]) : [];
}

export function textsAt(value: unknown, ...keys: readonly string[]): readonly string[] {
    return listAt(value, ...keys).filter((one) => typeof one === "string");
}

const UNITS: Readonly<Record<string, number>> = {
    ns: 1e-6,
    us: 1e-3,
    µs: 1e-3,
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
};

/** A duration in milliseconds: Go's text (`1m30s`), or nanoseconds. 0 if there is none, or it is below 1 ms. */
export function durationAt(value: unknown, ...keys: readonly string[]): number {
    const found = valueAt(value, ...keys);
    if (typeof found === "number") return Math.floor(found / 1e6);
    if (typeof found !== "string" || !/^([\d.]+(ns|us|µs|ms|s|m|h))+$/.test(found)) return 0;
    let total = 0;
    for (const [, amount, unit] of found.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
        total += Number(amount) * (UNITS[unit ?? ""] ?? 0);
    return Math.floor(total);
}

/** The value that occurs most often; of several, the smallest. Undefined if there is none. */
export function mostFrequent<T extends number | string>(values: readonly T[]): T | undefined {
    const counts = new Map<T, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
}
