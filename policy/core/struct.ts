/**
 * Reads protocol buffers' Struct in one pass. google-protobuf 3.21 copies all that is in a message again at each level above it
 * (`setOneofWrapperField` calls `toArray`), which was an eighth of the pack's time.
 */
import { createRequire } from "node:module";
import type * as protobuf from "google-protobuf";
import type * as structs from "google-protobuf/google/protobuf/struct_pb";

type BinaryReader = protobuf.BinaryReader;

/** A message as google-protobuf keeps it: the field with number n at n - 1. */
type Raw = unknown[];

type Read = (message: Raw, reader: BinaryReader) => void;

/** Has google-protobuf read the values of every Struct in this way. */
export function readStructsAtOnce(): void {
    // The SDK's own copy.
    const sdk = createRequire(createRequire(__filename).resolve("@pulumi/pulumi"));
    const { Message } = sdk("google-protobuf") as typeof protobuf;
    const { Value } = sdk("google-protobuf/google/protobuf/struct_pb") as typeof structs;
    Value.deserializeBinaryFromReader = (message, reader) => {
        const raw: Raw = [];
        readValue(raw, reader);
        for (const [index, field] of raw.entries()) {
            if (field !== undefined) Message.setField(message, index + 1, field as never);
        }
        return message;
    };
}

function readValue(value: Raw, reader: BinaryReader): void {
    while (reader.nextField() && !reader.isEndGroup()) {
        const field = reader.getFieldNumber();
        const read = READERS[field];
        if (read === undefined) {
            reader.skipField();
            continue;
        }
        // Of several fields the last one counts: they are of one `oneof`.
        value.length = 0;
        value[field - 1] = read(reader);
    }
}

const READERS: Readonly<Record<number, (reader: BinaryReader) => unknown>> = {
    1: (reader) => reader.readEnum(),
    2: (reader) => reader.readDouble(),
    3: (reader) => reader.readString(),
    4: (reader) => reader.readBool(),
    5: (reader) => [entriesOf(reader, readEntry)],
    6: (reader) => [entriesOf(reader, readValue)],
};

/** The messages of a Struct's or a ListValue's only field. */
function entriesOf(reader: BinaryReader, read: Read): Raw {
    const entries: Raw = [];
    readInner(reader, entries, () => {
        while (reader.nextField() && !reader.isEndGroup()) {
            const entry: Raw = [];
            readInner(reader, entry, read);
            entries.push(entry);
        }
    });
    return entries;
}

function readEntry(entry: Raw, reader: BinaryReader): void {
    entry.push("", []);
    while (reader.nextField() && !reader.isEndGroup()) {
        if (reader.getFieldNumber() === 1) entry[0] = reader.readString();
        else readInner(reader, entry[1] as Raw, readValue);
    }
}

/** The reader hands on whatever it is given: its type asks for a message. */
function readInner(reader: BinaryReader, raw: Raw, read: Read): void {
    reader.readMessage(raw, read);
}
