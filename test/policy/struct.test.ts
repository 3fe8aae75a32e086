import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as fc from "fast-check";
import * as structs from "google-protobuf/google/protobuf/struct_pb";
import { readStructsAtOnce } from "../../policy/core/struct";

/** The pack's packages are its own: this google-protobuf is the checkout's, which stays as it is. */
const pack = createRequire(join(__dirname, "..", "..", "policy", "index.js"));
const ofPack = createRequire(pack.resolve("@pulumi/pulumi"))(
    "google-protobuf/google/protobuf/struct_pb",
) as typeof structs;

describe("a Struct that the pack reads", () => {
    before(readStructsAtOnce);

    it("is the one that was sent, and is the same on the wire again", () => {
        assert.notEqual(ofPack.Struct, structs.Struct);
        fc.assert(
            fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) => {
                const sent = structs.Struct.fromJavaScript(value);
                const read = ofPack.Struct.deserializeBinary(sent.serializeBinary());
                assert.deepEqual(read.toJavaScript(), sent.toJavaScript());
                assert.deepEqual(read.serializeBinary(), sent.serializeBinary());
            }),
        );
    });

    it("takes the last of several values, and skips fields that it does not know", () => {
        // Value { string_value: "a", bool_value: true, and field 9, which is a varint: 1 }
        const wire = Uint8Array.of(0x1a, 1, 0x61, 0x20, 1, 0x48, 1);
        assert.equal(ofPack.Value.deserializeBinary(wire).toJavaScript(), true);
    });
});
