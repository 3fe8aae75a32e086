/**
 * Converts plain values to Protocol Buffers' Struct in one pass. `Struct.fromJavaScript` copies a message's content again at each
 * level above it (`setOneofWrapperField` calls `toArray`, google-protobuf 3.21), which took a fifth of the time of `mesh policy`.
 */
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

/** google-protobuf's internal representation of a message: field number n at index n - 1. */
type Raw = readonly unknown[];

const RawStruct = Struct as unknown as new (raw: Raw) => Struct;

/** @throws Error for a value that is not JSON, as `Struct.fromJavaScript` does */
export function structOf(value: Readonly<Record<string, unknown>>): Struct {
    return new RawStruct(structFields(value));
}

/** Makes Pulumi's SDK use `structOf`. */
export function replaceFromJavaScript(): void {
    Struct.fromJavaScript = (value: Record<string, JavaScriptValue>) => structOf(value);
}

function structFields(value: object): Raw {
    return [Object.entries(value).map(([key, item]) => [key, valueFields(item)])];
}

function valueFields(value: unknown): Raw {
    if (value === null) return [0];
    if (typeof value === "number") return [null, value];
    if (typeof value === "string") return [null, null, value];
    if (typeof value === "boolean") return [null, null, null, value];
    if (Array.isArray(value)) return [null, null, null, null, null, [value.map(valueFields)]];
    if (typeof value === "object") return [null, null, null, null, structFields(value)];
    throw new Error(`a Struct cannot hold ${typeof value}`);
}
