import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { policyPages } from "../../policy/rules/pages";

const FOLDER = join(__dirname, "..", "..", "docs", "policies");

describe("docs/policies", () => {
    it("matches the policies' metadata (otherwise run `npm run generate:policies`)", () => {
        const pages = policyPages();
        assert.deepEqual(readdirSync(FOLDER).sort(), [...pages.keys()].sort());
        for (const [name, text] of pages) assert.equal(readFileSync(join(FOLDER, name), "utf8"), text, name);
    });
});
