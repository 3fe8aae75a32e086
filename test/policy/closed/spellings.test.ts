/** MeshConfig and ProxyConfig in every spelling that protobuf's JSON accepts, with names that this test derives. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseBool } from "../../../policy/core/go";
import { normalized, unknownKeys } from "../../../policy/core/protojson";

interface Schema {
    readonly messages: Readonly<
        Record<
            string,
            Readonly<Record<string, { readonly proto?: string; readonly type?: string; readonly map?: true }>>
        >
    >;
    readonly enums: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const SCHEMA = JSON.parse(
    readFileSync(join(__dirname, "..", "..", "..", "policy", "schema", "mesh-config.json"), "utf8"),
) as Schema;

/** A field's JSON name as protoc derives it: lowerCamelCase. */
const camel = (proto: string): string =>
    proto.replace(/_(.?)/g, (_all, letter: string) => letter.toUpperCase());

/** Pairs of one message: with JSON names and enum names, and with mixed other spellings. */
function message(name: string, depth: number): fc.Arbitrary<readonly [plain: unknown, spelled: unknown]> {
    const fields = Object.entries(SCHEMA.messages[name] ?? {});
    return fc
        .subarray(fields, { maxLength: Math.min(4, fields.length) })
        .chain((chosen) =>
            fc
                .tuple(
                    ...chosen.map(([json, { proto, type, map }]) =>
                        field(json, proto ?? json, map === true ? undefined : type, depth),
                    ),
                )
                .map((pairs) => [
                    Object.fromEntries(pairs.map(([plain]) => plain)),
                    Object.fromEntries(pairs.map(([, spelled]) => spelled)),
                ]),
        );
}

function field(
    json: string,
    proto: string,
    type: string | undefined,
    depth: number,
): fc.Arbitrary<readonly [readonly [string, unknown], readonly [string, unknown]]> {
    const value = valueOf(type, depth);
    return fc.tuple(value, fc.boolean()).map(([[plain, spelled], inSnake]) => [
        [json, plain],
        [inSnake ? proto : json, spelled],
    ]);
}

function valueOf(type: string | undefined, depth: number): fc.Arbitrary<readonly [unknown, unknown]> {
    const words = type === undefined ? undefined : SCHEMA.enums[type];
    if (words !== undefined) {
        return fc
            .tuple(fc.constantFrom(...Object.entries(words)), fc.boolean())
            .map(([[number, word], byNumber]) => [word, byNumber ? Number(number) : word]);
    }
    if (type !== undefined && depth > 0) return message(type, depth - 1);
    return fc.oneof(fc.boolean(), fc.string({ maxLength: 3 })).map((same) => [same, same]);
}

describe("protobuf's JSON", () => {
    it("has the names that protoc derives", () => {
        for (const fields of Object.values(SCHEMA.messages))
            for (const [json, { proto = json }] of Object.entries(fields)) assert.equal(camel(proto), json);
    });

    for (const root of ["MeshConfig", "ProxyConfig"] as const) {
        it(`reads ${root} the same in every spelling`, () => {
            fc.assert(
                fc.property(message(root, 3), ([plain, spelled]) => {
                    assert.deepEqual(structuredClone(normalized(spelled, root)), plain);
                    assert.deepEqual(unknownKeys(spelled, root), []);
                }),
                { numRuns: 300 },
            );
        });
    }

    it("prefers the JSON name if both are present, and reports unknown keys", () => {
        assert.equal(
            normalized({ enable_auto_mtls: false, enableAutoMtls: true }, "MeshConfig")["enableAutoMtls"],
            true,
        );
        assert.deepEqual(unknownKeys({ defaultConfig: { intercept: 1 }, a: 1 }, "MeshConfig"), [
            "defaultConfig.intercept",
            "a",
        ]);
    });
});

describe("Go's ParseBool", () => {
    it("accepts twelve words", () => {
        const words = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];
        assert.deepEqual(
            words.map(parseBool),
            words.map((_, index) => index < 6),
        );
        for (const other of ["yes", "tRUE", "on", "", " true", "01"])
            assert.equal(parseBool(other), undefined);
    });
});
