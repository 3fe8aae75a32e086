/**
 * Generates changes of objects, independently of the policies: every field of an object's schema is deleted, emptied, set, or
 * replaced by another valid value. Values come from the schema and from other objects of the stack.
 */
import { type EvaluatedResource } from "../../../cli/policy/protocol";
import { type RandomSource } from "../../support/random";
import { idOf, isValid, resolved, type Schema, schemaOf } from "./schema";

export interface Change {
    /** `security.istio.io/AuthorizationPolicy`. */
    readonly kind: string;
    /** The path, with `*` for list indices: `spec.rules.*.from`. */
    readonly field: string;
    readonly how: How;
    readonly before: EvaluatedResource;
    readonly after: EvaluatedResource;
}

export type How =
    "deleted" | "emptied" | "set" | "replaced" | "item removed" | "item repeated" | "item added";

interface Edit {
    readonly path: readonly (string | number)[];
    readonly how: How;
    /** Undefined deletes. */
    readonly value: unknown;
}

/** The stack's values by field of a kind, and by key in any kind. */
export class Donors {
    private readonly byField = new Map<string, unknown[]>();
    private readonly byKey = new Map<string, unknown[]>();

    constructor(stack: readonly EvaluatedResource[]) {
        for (const resource of stack) {
            const id = idOf(resource);
            if (id !== undefined) this.take(id, "", "", resource.properties);
        }
    }

    /** Values at the same field of the kind; without any, under the same key in any kind. */
    at(id: string, path: readonly (string | number)[]): readonly unknown[] {
        const field = fieldOf(path);
        const key =
            field
                .split(".")
                .filter((part) => part !== "*")
                .at(-1) ?? "";
        const ending = typeof path.at(-1) === "number" ? "[]" : "";
        return this.byField.get(`${id} ${field}`) ?? this.byKey.get(`${key}${ending}`) ?? [];
    }

    /** Whether the object's namespace is unchanged, or another namespace of the stack. */
    isPlaced(after: Readonly<Record<string, unknown>>, before: Readonly<Record<string, unknown>>): boolean {
        const [now, was] = [after, before].map(
            ({ metadata }) => (metadata as { readonly namespace?: unknown } | undefined)?.namespace,
        );
        return now === was || (this.byField.get("core/Namespace metadata.name") ?? []).includes(now);
    }

    private take(id: string, field: string, key: string, value: unknown): void {
        push(this.byField, `${id} ${field}`, value);
        if (key !== "") push(this.byKey, key, value);
        if (Array.isArray(value)) {
            for (const item of value) this.take(id, join(field, "*"), `${key}[]`, item);
        } else if (typeof value === "object" && value !== null) {
            for (const [name, item] of Object.entries(value)) this.take(id, join(field, name), name, item);
        }
    }
}

function push(map: Map<string, unknown[]>, key: string, value: unknown): void {
    const list = map.get(key) ?? [];
    map.set(key, list);
    list.push(value);
}

function join(field: string, name: string): string {
    return field === "" ? name : `${field}.${name}`;
}

/** Values from other objects per field. */
const DONATED_VALUES = 2;

/** A string that is valid in most fields that Istio and Kubernetes match, and matches most values. */
const ANY_TEXT = "*";

const NUMBERS = [0, 1, -1, 65535, 2 ** 31 - 1];

/** Every change of one object that its schema allows. */
export function changesOf(
    before: EvaluatedResource,
    donors: Donors,
    random: RandomSource,
): readonly Change[] {
    const kind = idOf(before);
    const schema = kind === undefined ? undefined : schemaOf(kind);
    if (kind === undefined || schema === undefined) return [];
    const edits = [...editsOf(schema, before.properties, [], { kind, donors, random })];
    return edits.flatMap(({ path, how, value }) => {
        const properties = structuredClone(before.properties) as Record<string, unknown>;
        put(properties, path, value);
        const isChanged = JSON.stringify(properties) !== JSON.stringify(before.properties);
        if (!isChanged || !isValid(kind, properties) || !donors.isPlaced(properties, before.properties))
            return [];
        return [{ kind, field: fieldOf(path), how, before, after: { ...before, properties } }];
    });
}

interface Context {
    readonly kind: string;
    readonly donors: Donors;
    readonly random: RandomSource;
}

function* editsOf(
    given: Schema,
    value: unknown,
    path: readonly (string | number)[],
    context: Context,
): Generator<Edit> {
    const schema = resolved(given);
    if (path.length > 1) yield { path, how: "deleted", value: undefined };
    if (Array.isArray(value)) yield* editsOfList(schema, value, path, context);
    else if (typeof value === "object" && value !== null)
        yield* editsOfObject(schema, value as Record<string, unknown>, path, context);
    else for (const other of othersOf(schema, path, context)) yield { path, how: "replaced", value: other };
}

function* editsOfObject(
    { properties = {}, additionalProperties }: Schema,
    value: Record<string, unknown>,
    path: readonly (string | number)[],
    context: Context,
): Generator<Edit> {
    if (path.length > 1) yield { path, how: "emptied", value: {} };
    const keys = new Set([...Object.keys(properties), ...Object.keys(value)]);
    for (const key of keys) {
        const schema =
            properties[key] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
        if (schema === undefined) continue;
        const inner = [...path, key];
        if (key in value) yield* editsOf(schema, value[key], inner, context);
        else
            for (const fresh of freshOf(schema, inner, context, 0))
                yield { path: inner, how: "set", value: fresh };
    }
    if (typeof additionalProperties !== "object") return;
    const donor = pickFrom(context.random, context.donors.at(context.kind, path));
    if (typeof donor !== "object" || donor === null) return;
    const entry = pickFrom(
        context.random,
        Object.entries(donor).filter(([key]) => !(key in value)),
    );
    if (entry !== undefined) yield { path: [...path, entry[0]], how: "set", value: entry[1] };
}

function* editsOfList(
    { items = {} }: Schema,
    value: readonly unknown[],
    path: readonly (string | number)[],
    context: Context,
): Generator<Edit> {
    yield { path, how: "emptied", value: [] };
    for (const [index, item] of value.entries()) {
        if (value.length > 1) {
            yield { path, how: "item removed", value: value.filter((_, place) => place !== index) };
        }
        yield* editsOf(items, item, [...path, index], context);
    }
    if (value.length > 0) yield { path, how: "item repeated", value: [...value, value[0]] };
    for (const fresh of freshOf(items, [...path, 0], context, 0)) {
        yield { path, how: "item added", value: [...value, fresh] };
    }
}

/** Other values for a string, number or boolean. */
function othersOf(schema: Schema, path: readonly (string | number)[], context: Context): readonly unknown[] {
    if (schema.enum !== undefined) return schema.enum;
    const types = [schema.type ?? []].flat();
    const donated = pickSome(context.donors.at(context.kind, path), context.random);
    return [
        ...(types.includes("boolean") ? [true, false] : []),
        ...(types.includes("integer") || types.includes("number") ? NUMBERS : []),
        ...(types.includes("string") ? ["", ANY_TEXT] : []),
        ...donated,
    ];
}

/** Maximum depth of a value that is built from the schema. */
const DEPTH = 3;

/** Values for an absent field: those of other objects of the kind, or those that the schema allows. */
function freshOf(
    given: Schema,
    path: readonly (string | number)[],
    context: Context,
    depth: number,
): readonly unknown[] {
    const schema = resolved(given);
    const donated = pickSome(context.donors.at(context.kind, path), context.random);
    const types = [schema.type ?? (schema.properties === undefined ? [] : "object")].flat();
    if (types.includes("object")) {
        const names = Object.keys(schema.properties ?? {});
        const name = depth < DEPTH ? pickFrom(context.random, names) : undefined;
        const inner = name === undefined ? undefined : schema.properties?.[name];
        const made =
            name === undefined || inner === undefined
                ? []
                : freshOf(inner, [...path, name], context, depth + 1)
                      .slice(0, 1)
                      .map((value) => ({ [name]: value }));
        return [{}, ...made, ...donated];
    }
    if (types.includes("array")) {
        const made = freshOf(schema.items ?? {}, [...path, 0], context, depth + 1).slice(0, 2);
        return [...made.map((item) => [item]), ...donated];
    }
    return [...othersOf(schema, path, context).filter((value) => value !== ""), ...donated];
}

function pickFrom<Item>(random: RandomSource, items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : random.pick(items);
}

/** A few distinct values. */
function pickSome(values: readonly unknown[], random: RandomSource): readonly unknown[] {
    const some = Array.from({ length: Math.min(DONATED_VALUES, values.length) }, () =>
        pickFrom(random, values),
    );
    return [...new Map(some.map((value) => [JSON.stringify(value), value])).values()];
}

function put(target: Record<string, unknown>, path: readonly (string | number)[], value: unknown): void {
    let node = target as Record<string | number, unknown>;
    for (const key of path.slice(0, -1)) node = (node[key] ??= {}) as Record<string | number, unknown>;
    const last = path.at(-1) ?? "";
    if (value !== undefined) node[last] = structuredClone(value);
    else if (Array.isArray(node)) node.splice(Number(last), 1);
    else Reflect.deleteProperty(node, last);
}

export function fieldOf(path: readonly (string | number)[]): string {
    return path.map((key) => (typeof key === "number" ? "*" : key)).join(".");
}
