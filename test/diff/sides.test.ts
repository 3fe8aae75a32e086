import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { difference } from "../../cli/diff/diff";
import { readSide } from "../../cli/diff/sides";
import { platform as catalogue } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { renderFiles } from "../../cli/lib/rendered/files";
import { writeFiles } from "../../cli/lib/rendered/write";
import { loadStackFile } from "../../config/load";

const ROOT = join(__dirname, "..", "..");

describe("the sides of mesh diff", function () {
    this.timeout(60_000);

    it("are the same for a stack and for its rendered folder", () => {
        const folder = mkdtempSync(join(tmpdir(), "mesh-sides-"));
        writeFiles(folder, renderFiles(deriveAll({ catalogue, config: loadStackFile("dev", ROOT) })));
        const { objects } = difference(readSide("dev", "prod"), readSide(folder, "prod"));
        rmSync(folder, { recursive: true });
        assert.deepEqual(objects, { added: [], changed: [], removed: [] });
    });

    it("are rendered by a commit's program", () => {
        const { name, objects } = readSide("HEAD:dev", "prod");
        assert.equal(name, "HEAD:dev");
        assert.ok(objects.objects.some(({ kind }) => kind === "AuthorizationPolicy"));
    });

    it("are rejected if they do not exist", () => {
        assert.throws(
            () => readSide("no-such-thing", "prod"),
            /no-such-thing: not a folder, stack or commit\. .* such as main or main:dev\.$/,
        );
        assert.throws(() => readSide("HEAD:nothing", "prod"), /cannot be rendered:\n.*no stack "nothing"/s);
    });
});
