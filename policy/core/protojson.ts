/**
 * Reads MeshConfig and ProxyConfig as istiod does: by protobuf's JSON (golang/protobuf's jsonpb), which takes each field by
 * its JSON name or by its name in the .proto file, and each enumeration by word or by number.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fields } from "./read";

interface Field {
    readonly proto?: string;
    readonly type?: string;
    readonly map?: true;
}

interface Schema {
    readonly messages: Readonly<Record<string, Readonly<Record<string, Field>>>>;
    readonly enums: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Written by `npm run generate:mesh-schema`. */
const SCHEMA = JSON.parse(
    readFileSync(join(__dirname, "..", "schema", "mesh-config.json"), "utf8"),
) as Schema;

export type Message = "MeshConfig" | "ProxyConfig";

/**
 * A message with JSON names and words in place of whatever its author wrote; fields that the schema does not have stay as
 * they are. Values are converted when they are read, so that an unknown one throws only then.
 */
export function normalized(value: unknown, message: Message): Fields {
    return convertMessage(value, message) as Fields;
}

/** Paths of keys that the message does not have, which istiod ignores. @throws UnknownField */
export function unknownKeys(value: unknown, message: Message): readonly string[] {
    return strangersIn(value, message, "");
}

function convertMessage(value: unknown, name: string): unknown {
    const fields = SCHEMA.messages[name];
    if (fields === undefined || typeof value !== "object" || value === null || Array.isArray(value))
        return value;
    const out = {};
    const keys = Object.keys(value);
    const byProto = protoNames(name);
    // Where both names are there, jsonpb takes the JSON name.
    for (const key of keys.filter((given) => !(given in fields))) {
        const json = byProto.get(key) ?? key;
        lazily(out, json, () => convert((value as Fields)[key], fields[json]));
    }
    for (const key of keys.filter((given) => given in fields))
        lazily(out, key, () => convert((value as Fields)[key], fields[key]));
    return out;
}

function convert(value: unknown, field: Field | undefined): unknown {
    if (field?.type === undefined) return value;
    const { type, map } = field;
    if (Array.isArray(value)) return value.map((item) => convertOne(item, type));
    if (map === true && typeof value === "object" && value !== null) {
        const out = {};
        for (const key of Object.keys(value))
            lazily(out, key, () => convertOne((value as Fields)[key], type));
        return out;
    }
    return convertOne(value, type);
}

function convertOne(value: unknown, type: string): unknown {
    const words = SCHEMA.enums[type];
    if (words === undefined) return convertMessage(value, type);
    return (
        (typeof value === "number" || typeof value === "string" ? words[String(value)] : undefined) ?? value
    );
}

function lazily(out: object, key: string, read: () => unknown): void {
    Object.defineProperty(out, key, { configurable: true, enumerable: true, get: read });
}

const protoNamesOf = new Map<string, ReadonlyMap<string, string>>();

/** JSON names of a message's fields by their names in the .proto file. */
function protoNames(message: string): ReadonlyMap<string, string> {
    const known = protoNamesOf.get(message);
    if (known !== undefined) return known;
    const names = new Map(
        Object.entries(SCHEMA.messages[message] ?? {}).map(([json, { proto }]) => [proto ?? json, json]),
    );
    protoNamesOf.set(message, names);
    return names;
}

function strangersIn(value: unknown, type: string, path: string): readonly string[] {
    const fields = SCHEMA.messages[type];
    if (fields === undefined || typeof value !== "object" || value === null || Array.isArray(value))
        return [];
    const byProto = protoNames(type);
    return Object.keys(value).flatMap((key) => {
        const field = fields[key] ?? fields[byProto.get(key) ?? ""];
        const inner = path === "" ? key : `${path}.${key}`;
        if (field === undefined) return [inner];
        if (field.type === undefined) return [];
        const { type: below } = field;
        const item = (value as Fields)[key];
        if (Array.isArray(item))
            return item.flatMap((one, index) => strangersIn(one, below, `${inner}[${index}]`));
        if (field.map !== true || typeof item !== "object" || item === null)
            return strangersIn(item, below, inner);
        return Object.entries(item).flatMap(([name, one]) => strangersIn(one, below, `${inner}.${name}`));
    });
}
