/** Untyped reading of other programs' inputs: any field may be absent or have the wrong type. */

export type Fields = Readonly<Record<string, unknown>>;

/** Thrown when a value is read that is unknown until the update. */
export class UnknownField extends Error {
    constructor(
        readonly path: string,
        /** Of the resource that contains the field. */
        readonly urn: string,
    ) {
        super(`${path} is unknown until the update`);
        this.name = "UnknownField";
    }
}

/** Thrown when a text should contain another format, such as YAML, and cannot be parsed. */
export class UnreadableField extends Error {
    constructor(
        readonly path: string,
        readonly reason: string,
    ) {
        super(`${path} cannot be parsed: ${reason}`);
        this.name = "UnreadableField";
    }
}

/** Thrown if a policy's configuration is invalid. */
export class Misconfigured extends Error {
    constructor(
        message: string,
        readonly fix: string,
    ) {
        super(message);
        this.name = "Misconfigured";
    }
}

/** `value` as an object; an empty object if it is something else. */
export function fields(value: unknown): Fields {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** `value` as a list; an empty list if it is something else. */
export function list(value: unknown): readonly unknown[] {
    return Array.isArray(value) ? value : [];
}

/** `value` as text, including numbers and booleans; undefined if it is something else. */
export function text(value: unknown): string | undefined {
    if (typeof value === "string") return value;
    return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function texts(value: unknown): readonly string[] {
    return list(value)
        .map(text)
        .filter((item) => item !== undefined);
}

/**
 * The value at a path of keys; undefined if it is absent.
 * @throws UnknownField
 */
export function at(value: unknown, ...path: readonly string[]): unknown {
    return path.reduce<unknown>((inner, key) => fields(inner)[key], value);
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
    return text(at(value, ...path));
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
    const result = at(value, ...path);
    if (typeof result === "number") return result;
    return typeof result === "string" && result.trim() !== "" && !Number.isNaN(Number(result))
        ? Number(result)
        : undefined;
}

/** Whether `value` is present and not empty: not null, and not an empty text, list or object. */
export function isNonEmpty(value: unknown): boolean {
    if (value === undefined || value === null || value === "") return false;
    if (Array.isArray(value)) return value.length > 0;
    return typeof value !== "object" || Object.keys(value).length > 0;
}

/** A map of text, such as labels. An unknown label does not hide the others: only reading that label throws. */
export function labelsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
    const result = fields(at(value, ...path));
    const labels: Record<string, string> = {};
    for (const key of Object.keys(result)) {
        try {
            labels[key] = text(result[key]) ?? "";
        } catch (error) {
            defineThrowing(labels, key, error as Error);
        }
    }
    return labels;
}

/** Whether `labels` contains everything in a selector. */
export function selects(
    selector: Readonly<Record<string, string>>,
    labels: Readonly<Record<string, string>>,
): boolean {
    return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/**
 * Whether one of `items` fulfills a condition, even if others cannot be read.
 * @throws the first error, if no item fulfills it
 */
export function someOf<Item>(items: readonly Item[], condition: (item: Item) => boolean): boolean {
    let firstError: unknown;
    for (const item of items) {
        try {
            if (condition(item)) return true;
        } catch (error) {
            firstError ??= error;
        }
    }
    if (firstError !== undefined) throw firstError as Error;
    return false;
}

/**
 * Makes the values that the SDK passes readable like any object. An unknown value throws `UnknownField` when
 * it is read, and only then, so that it does not hide violations in other fields. Each field is copied when
 * it is first read, since the SDK passes every resource to every policy and most policies read few fields.
 */
export function lazyCopy(value: unknown, urn: string): Fields {
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

/** Copies `from[key]` to `copy[key]`. */
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
        // The SDK's proxy throws when an unknown value is read.
        defineThrowing(copy, key, new UnknownField(path, urn));
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

function defineThrowing(object: object, key: string, error: Error): void {
    Object.defineProperty(object, key, {
        configurable: true,
        enumerable: true,
        get: () => {
            throw error;
        },
    });
}
