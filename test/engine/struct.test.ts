import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { structOf } from "../../local/engine/program/struct";

describe("a Struct made in one pass", () => {
    it("is the one that google-protobuf makes, on the wire and when it is read", () => {
        const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }));
        fc.assert(
            fc.property(json, (value) => {
                const expected = Struct.fromJavaScript(value);
                const made = structOf(value);
                assert.deepEqual(made.serializeBinary(), expected.serializeBinary());
                assert.deepEqual(made.toJavaScript(), expected.toJavaScript());
                assert.deepEqual(
                    Struct.deserializeBinary(made.serializeBinary()).toJavaScript(),
                    made.toJavaScript(),
                );
            }),
        );
    });

    it("can be changed afterwards", () => {
        const made = structOf({ kept: 1, replaced: { a: ["x"] } });
        made.getFieldsMap().set("replaced", structOf({ inner: true }).getFieldsMap().get("inner")!);
        assert.deepEqual(made.toJavaScript(), { kept: 1, replaced: true });
    });

    it("refuses what is no JSON", () => {
        assert.throws(() => structOf({ a: [undefined] }), /a Struct cannot hold undefined/);
    });
});
