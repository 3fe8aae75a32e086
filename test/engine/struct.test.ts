import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { structOf } from "../../local/engine/program/struct";

describe("a Struct created in one pass", () => {
    it("equals google-protobuf's, serialized and parsed", () => {
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

    it("rejects values that are not JSON", () => {
        assert.throws(() => structOf({ a: [undefined] }), /a Struct cannot hold undefined/);
    });
});
