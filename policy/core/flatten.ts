/** A canonical form of nested values, in which they can be compared, listed and hashed. */
import { createHash } from "node:crypto";

/** Longer texts are replaced by their digest, so that a listing stays readable. */
const MAX_SHOWN = 160;

/**
 * Every scalar by its path, such as `values.meshConfig.enableAutoMtls: "false"`. Empty objects and lists
 * count as values: `{}`, `[]`. Null counts as absent, as in Helm and in the API server.
 * @throws UnknownField
 */
export function flatten(value: unknown, path: string): ReadonlyMap<string, string> {
    const into = new Map<string, string>();
    add(value, path, into);
    return into;
}

function add(value: unknown, path: string, into: Map<string, string>): void {
    if (value === undefined || value === null) return;
    if (typeof value !== "object") {
        into.set(path, shown(value));
        return;
    }
    const isList = Array.isArray(value);
    const keys = Object.keys(value);
    if (keys.length === 0) into.set(path, isList ? "[]" : "{}");
    for (const key of keys) {
        const inner = (value as Readonly<Record<string, unknown>>)[key];
        add(inner, isList ? `${path}[${key}]` : `${path}.${key}`, into);
    }
}

function shown(value: unknown): string {
    const text = JSON.stringify(value);
    return text.length > MAX_SHOWN ? `sha256:${sha256(text)}` : text;
}

/**
 * Equal for equal content, whatever the order of the keys.
 * @throws UnknownField
 */
export function digest(value: unknown): string {
    return sha256(JSON.stringify(sorted(value)));
}

function sha256(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}

function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
        Object.keys(value)
            .sort()
            .map((key): [string, unknown] => [key, (value as Readonly<Record<string, unknown>>)[key]])
            .filter(([, item]) => item !== undefined && item !== null)
            .map(([key, item]) => [key, sorted(item)]),
    );
}
