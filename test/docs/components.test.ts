import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../support/program";

const PAGE = readFileSync(join(__dirname, "../../docs/reference/components.md"), "utf8");

/** The first column of the table under a heading. */
function listed(heading: string): string[] {
    const [, section = ""] = PAGE.split(`\n## ${heading}\n`);
    const [table = ""] = section.split("\n## ");
    return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name);
}

describe("docs/reference/components.md", function () {
    this.timeout(240_000);

    it("lists the components that the program registers, in this order", async () => {
        const types = (await runProgram("prod"))
            .map(({ type }) => type)
            .filter((type) => type.startsWith("sparc:"));
        const registered = [...new Set(types)];
        const mesh = registered.filter((type) => type.startsWith("sparc:mesh:"));
        assert.deepEqual(listed("Mesh"), mesh);
        const cluster = registered.filter((type) => type.startsWith("sparc:cluster:"));
        assert.deepEqual(listed("Cluster at AWS").sort(), cluster.sort());
    });

    it("lists the stack's outputs", async () => {
        const outputs: Record<string, unknown> = {};
        await runProgram("prod", {}, outputs);
        assert.deepEqual(listed("Stack outputs").sort(), Object.keys(outputs).sort());
    });
});
