import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPackConfig } from "../../cli/policy/config";

describe("the file of the pack's configuration", () => {
    const folder = mkdtempSync(join(tmpdir(), "mesh-pack-config-"));
    const file = join(folder, "pack.json");

    it("is named where it is missing", () => {
        assert.throws(
            () => readPackConfig(join(folder, "nope.json"), []),
            /nope\.json: there is no such file/,
        );
    });

    it("is named where it is broken, with the position", () => {
        writeFileSync(file, "{oops}");
        assert.throws(() => readPackConfig(file, []), /pack\.json: it cannot be read as JSON: .*position 1/);
        writeFileSync(file, "[]");
        assert.throws(() => readPackConfig(file, []), /pack\.json: it must be a JSON object/);
    });

    it("may be absent of a stack that has none", () => {
        assert.deepEqual(readPackConfig(undefined, []), {});
    });
});
