/**
 * Generates typical mistakes at every location of some data, from only the data and an optional JSON Schema, which
 * distinguishes enumerations, required keys and arbitrary names.
 */

import { type Place, at, placesOf, replaced } from "../support/places";

export interface Mistake {
    /** The kind of mistake: `misspelled key`, `null`. */
    readonly kind: string;
    /** The location. */
    readonly place: Place;
    /** The error must contain one of these words, in addition to the location's parent. */
    readonly words: readonly string[];
    readonly data: unknown;
}

/** The used part of JSON Schema. */
export interface Json {
    readonly $ref?: string;
    readonly $defs?: Readonly<Record<string, Json>>;
    readonly type?: string;
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: Json | false;
    readonly items?: Json;
    readonly oneOf?: readonly Json[];
    readonly enum?: readonly unknown[];
    readonly const?: unknown;
}

/** The schemas that can apply to a value: several for a union. */
export type SchemaOf = (place: Place) => readonly Json[];

/** Resolves `schema` along a location. */
export function schemaIn(schema: Json): SchemaOf {
    const resolved = (one: Json): readonly Json[] => {
        if (one.$ref !== undefined) return resolved(schema.$defs?.[one.$ref.split("/").at(-1) ?? ""] ?? {});
        return one.oneOf === undefined ? [one] : one.oneOf.flatMap(resolved);
    };
    const step = (one: Json, key: string | number): Json | undefined =>
        typeof key === "number"
            ? one.items
            : (one.properties?.[key] ??
              (one.additionalProperties === false ? undefined : one.additionalProperties));
    return (place) =>
        place.reduce<readonly Json[]>(
            (schemas, key) =>
                schemas.flatMap((one) => {
                    const inner = step(one, key);
                    return inner === undefined ? [] : resolved(inner);
                }),
            resolved(schema),
        );
}

/** Every mistake at every location of `data`. */
export function mistakesIn(
    data: unknown,
    schemaOf: SchemaOf | undefined,
    isName: (place: Place) => boolean,
): Mistake[] {
    return placesOf(data).flatMap((place) => {
        const value = at(data, place);
        return [
            ...(place.length === 0 ? [] : valueMistakes(data, place, value, schemaOf?.(place) ?? [])),
            ...(isMap(value) && !isName([...place, "*"])
                ? keyMistakes(data, place, value, schemaOf?.(place))
                : []),
        ];
    });
}

function valueMistakes(data: unknown, place: Place, value: unknown, schemas: readonly Json[]): Mistake[] {
    const key = String(place.at(-1));
    const wrong = (kind: string, other: unknown): Mistake => ({
        kind,
        place,
        words: [key],
        data: replaced(data, place, other),
    });
    const values = schemas.flatMap((one) => one.enum ?? (one.const === undefined ? [] : [one.const]));
    return [
        wrong("null", null),
        ...(typeof value === "string"
            ? [wrong("empty text", ""), wrong("number for text", 7), wrong("list for text", [value])]
            : []),
        ...(typeof value === "number"
            ? [wrong("text for number", String(value)), wrong("negative", -1)]
            : []),
        ...(typeof value === "boolean"
            ? [wrong("text for boolean", String(value)), wrong("number for boolean", 1)]
            : []),
        ...(Array.isArray(value) ? [wrong("object for list", {}), wrong("text for list", "none")] : []),
        ...(isMap(value) ? [wrong("list for object", [value]), wrong("text for object", "none")] : []),
        ...(values.length > 0 && typeof value === "string"
            ? [wrong("misspelled value", misspelled(value)), wrong("upper case", value.toUpperCase())]
            : []),
    ];
}

function keyMistakes(
    data: unknown,
    place: Place,
    value: Readonly<Record<string, unknown>>,
    schemas?: readonly Json[],
): Mistake[] {
    const put = (kind: string, key: string, words: readonly string[], object: unknown): Mistake => ({
        kind,
        place: [...place, key],
        words,
        data: replaced(data, place, object),
    });
    const required = schemas?.length === 1 ? (schemas[0]?.required ?? []) : [];
    return [
        put("extra key", "unexpected", ["unexpected"], { ...value, unexpected: true }),
        ...Object.entries(value).flatMap(([key, inner]) => {
            const others = Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
            return [
                put("misspelled key", key, [key, misspelled(key)], { ...others, [misspelled(key)]: inner }),
                put("key in capitals", key, [key, key.toUpperCase()], {
                    ...others,
                    [key.toUpperCase()]: inner,
                }),
                ...(required.includes(key) ? [put("missing key", key, [key], others)] : []),
            ];
        }),
    ];
}

/** Swaps two letters, or doubles one if they are the same. */
function misspelled(word: string): string {
    const [first = "", second = ""] = [word.at(-2), word.at(-1)];
    return first === second ? `${word}${second}` : `${word.slice(0, -2)}${second}${first}`;
}

export function isMap(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
