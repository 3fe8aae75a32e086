/** Reading what nobody has typed: other programs' inputs may lack anything, or hold something else than they should. */

export type Fields = Readonly<Record<string, unknown>>;

/** Thrown by reading a value that only the update will know. */
export class UnknownField extends Error {
    constructor(
        readonly path: string,
        /** Of the resource that has the field. */
        readonly urn: string,
    ) {
        super(`${path} is known only during the update`);
        this.name = "UnknownField";
    }
}

/** Thrown by reading a text that should hold something else, such as YAML, and does not. */
export class UnreadableField extends Error {
    constructor(
        readonly path: string,
        readonly reason: string,
    ) {
        super(`${path} cannot be read: ${reason}`);
        this.name = "UnreadableField";
    }
}

/** Thrown where a policy's own configuration cannot be used. */
export class Misconfigured extends Error {
    constructor(
        message: string,
        readonly fix: string,
    ) {
        super(message);
        this.name = "Misconfigured";
    }
}

/** `value` as an object, or one without fields. */
export function fields(value: unknown): Fields {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** `value` as a list, or an empty one. */
export function list(value: unknown): readonly unknown[] {
    return Array.isArray(value) ? value : [];
}

/** `value` as text, numbers and booleans included; undefined where it is anything else. */
export function text(value: unknown): string | undefined {
    if (typeof value === "string") return value;
    return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function texts(value: unknown): readonly string[] {
    return list(value)
        .map(text)
        .filter((item) => item !== undefined);
}

/** The value at a path of keys, or undefined. @throws UnknownField */
export function at(value: unknown, ...path: readonly string[]): unknown {
    return path.reduce<unknown>((inner, key) => fields(inner)[key], value);
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
    return text(at(value, ...path));
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
    const found = at(value, ...path);
    if (typeof found === "number") return found;
    return typeof found === "string" && found.trim() !== "" && !Number.isNaN(Number(found))
        ? Number(found)
        : undefined;
}

/** Whether `value` is there and says something: not null, no empty text, list or object. */
export function says(value: unknown): boolean {
    if (value === undefined || value === null || value === "") return false;
    if (Array.isArray(value)) return value.length > 0;
    return typeof value !== "object" || Object.keys(value).length > 0;
}

/** A map of text, such as labels. One unknown label hides none of the others: it throws when it is asked for. */
export function labelsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
    const found = fields(at(value, ...path));
    const labels: Record<string, string> = {};
    for (const key of Object.keys(found)) {
        try {
            labels[key] = text(found[key]) ?? "";
        } catch (error) {
            throwing(labels, key, error as Error);
        }
    }
    return labels;
}

/** Whether everything that a selector asks for is among `labels`. */
export function selects(
    selector: Readonly<Record<string, string>>,
    labels: Readonly<Record<string, string>>,
): boolean {
    return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Whether one of `items` is as asked, whatever cannot be read of the others. @throws what stood in the way, where none is */
export function someOf<Item>(items: readonly Item[], isIt: (item: Item) => boolean): boolean {
    let doubt: unknown;
    for (const item of items) {
        try {
            if (isIt(item)) return true;
        } catch (error) {
            doubt ??= error;
        }
    }
    if (doubt !== undefined) throw doubt as Error;
    return false;
}

/**
 * What the SDK hands over, to be read like any object: unknown values throw `UnknownField` when they are read, and only
 * then, since one unknown field must not hide what is wrong with the others. A field is copied when somebody first reads
 * it: the SDK hands every resource to every policy anew, and most policies look at few of them.
 */
export function plain(value: unknown, urn: string): Fields {
    const from = fields(value);
    const read: Record<string, unknown> = {};
    for (const key of Object.keys(from)) {
        Object.defineProperty(read, key, {
            configurable: true,
            enumerable: true,
            get: () => {
                copyOf(read, key, from, urn, key);
                return read[key];
            },
        });
    }
    return read;
}

/** Puts a copy of `from[key]` in the same place of `copy`. */
function copyOf(
    copy: object,
    key: string,
    from: Fields | readonly unknown[],
    urn: string,
    path: string,
): void {
    let value: unknown;
    try {
        value = (from as Fields)[key];
    } catch {
        // The SDK's proxy refuses to be read there.
        throwing(copy, key, new UnknownField(path, urn));
        return;
    }
    Object.defineProperty(copy, key, {
        configurable: true,
        enumerable: true,
        writable: true,
        value: deepCopy(value, urn, path),
    });
}

function deepCopy(value: unknown, urn: string, path: string): unknown {
    if (typeof value !== "object" || value === null) return value;
    const copy = Array.isArray(value) ? [] : {};
    for (const key of Object.keys(value)) {
        const inner = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
        copyOf(copy, key, value as Fields, urn, inner);
    }
    return copy;
}

function throwing(object: object, key: string, error: Error): void {
    Object.defineProperty(object, key, {
        configurable: true,
        enumerable: true,
        get: () => {
            throw error;
        },
    });
}
