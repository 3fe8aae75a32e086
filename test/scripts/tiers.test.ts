/** The scripts of the tests load: mocha requires files of the command line before those of its configuration. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const CHECKOUT = join(__dirname, "..", "..");
const LIVE = join("test", "live");

const { scripts } = JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
};
const argumentsOf = (script: string): string[] => (scripts[script] ?? "").split(" ").slice(1);
const isSpec = (argument: string) => argument.endsWith(".test.ts");

describe("the scripts of the tests", function () {
    this.timeout(120_000);

    it("test:live:full runs every live test, and test:live runs a part of them", () => {
        const all = readdirSync(join(CHECKOUT, LIVE)).filter(isSpec);
        const full = argumentsOf("test:live:full").filter(isSpec);
        assert.deepEqual(full.toSorted(), all.map((name) => join(LIVE, name)).toSorted());
        const core = argumentsOf("test:live").filter(isSpec);
        assert.deepEqual(
            core.filter((spec) => !full.includes(spec)),
            [],
        );
    });

    it("test:live:full starts, with the full tier selected", async () => {
        const options = argumentsOf("test:live:full").filter((argument) => !isSpec(argument));
        const spec = join(LIVE, "alerts.test.ts");
        const mocha = join(CHECKOUT, "node_modules", "mocha", "bin", "mocha.js");
        const { stdout } = await promisify(execFile)(
            process.execPath,
            [mocha, ...options, "--dry-run", spec],
            {
                cwd: CHECKOUT,
            },
        );
        assert.match(stdout, /2 passing/);
    });

    it("test:unit:full runs the files of test:unit, with all generated cases", async () => {
        const full = argumentsOf("test:unit:full");
        assert.deepEqual(
            full.filter((argument) => argument.includes(".test.ts")),
            argumentsOf("test:unit").filter((argument) => argument.includes(".test.ts")),
        );
        const required = full.filter((_, index) => full[index - 1] === "--require");
        const print = 'process.stdout.write(String(require("./test/support/cases").cases(1, 2)))';
        const options = required.flatMap((name) => [
            "--require",
            name.startsWith("test/") ? `./${name}` : name,
        ]);
        const { stdout } = await promisify(execFile)(process.execPath, [...options, "--eval", print], {
            cwd: CHECKOUT,
        });
        assert.equal(stdout, "2");
    });
});
