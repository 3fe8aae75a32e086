import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPackConfig } from "../../cli/policy/config";
import { RENAMED_POLICIES, RENAMED_PROPERTIES } from "../../policy/core/renamed-policies";
import { RULES } from "../../policy/rules";
import { temporaryFolder } from "../support/folder";

describe("the pack's configuration file", () => {
    const folder = temporaryFolder("mesh-pack-config-");
    const file = join(folder, "pack.json");

    it("is named in the error if it is missing", () => {
        assert.throws(
            () => readPackConfig(join(folder, "nope.json"), []),
            /nope\.json: the file does not exist/,
        );
    });

    it("is named in the error if it is invalid, with the position", () => {
        writeFileSync(file, "{oops}");
        assert.throws(() => readPackConfig(file, []), /pack\.json: invalid JSON: .*position 1/);
        writeFileSync(file, "[]");
        assert.throws(() => readPackConfig(file, []), /pack\.json: must be a JSON object/);
    });

    it("gives an error that names the new name of a renamed policy", () => {
        const names = RULES.map(({ name }) => name);
        const policies = names.map((name) => ({ name, level: "mandatory" as const }));
        for (const [old, renamed] of RENAMED_POLICIES) {
            assert.ok(!names.includes(old), old);
            assert.ok(names.includes(renamed), renamed);
            writeFileSync(file, JSON.stringify({ [old]: "advisory" }));
            assert.throws(
                () => readPackConfig(file, policies),
                new RegExp(
                    `pack\\.json: 1 error\n {2}- policy "${old}" was renamed\\. Use "${renamed}" instead\\.$`,
                ),
            );
        }
    });

    it("gives an error that names the new name of a renamed property", () => {
        for (const [old, renamed] of RENAMED_PROPERTIES) {
            const rule = RULES.find(({ schema }) => renamed in schema);
            assert.ok(rule !== undefined && !(old in rule.schema), old);
            const { name, schema } = rule;
            const policies = [
                { name, level: "mandatory" as const, schema: { properties: schema, required: [] } },
            ];
            writeFileSync(file, JSON.stringify({ [name]: { [old]: [] } }));
            assert.throws(
                () => readPackConfig(file, policies),
                new RegExp(`${name}: property "${old}" was renamed\\. Use "${renamed}" instead\\.$`),
            );
        }
    });

    it("is optional for a stack without one", () => {
        assert.deepEqual(readPackConfig(undefined, []), {});
    });
});
