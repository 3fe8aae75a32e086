/**
 * Protocol buffers' Struct from plain values in one pass. `Struct.fromJavaScript` copies all that is in a message again at each
 * level above it (`setOneofWrapperField` calls `toArray`, google-protobuf 3.21), which was a fifth of the time of `mesh policy`.
 */
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A message as google-protobuf keeps it: the field with number n at n - 1. */
type Raw = readonly unknown[];

const RawStruct = Struct as unknown as new (raw: Raw) => Struct;

/** @throws Error for what is no JSON, as `Struct.fromJavaScript` does */
export function structOf(value: Readonly<Record<string, unknown>>): Struct {
    return new RawStruct(structFields(value));
}

/** Has Pulumi's SDK make its Structs in this way. */
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
