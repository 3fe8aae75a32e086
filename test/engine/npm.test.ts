import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(__dirname, "..", "..");

describe("npm's resolver of packages", () => {
    it("is loaded only for a program that has its code serialized, and works there", () => {
        const script = `
            require("./local/engine/program/npm");
            const pulumi = require("@pulumi/pulumi");
            const isLoaded = () => Object.keys(require.cache).some((file) => file.includes("npmcli/arborist/lib/arborist/"));
            const before = isLoaded();
            pulumi.runtime.computeCodePaths().then((paths) =>
                console.log(JSON.stringify([before, isLoaded(), paths.size > 0])));
        `;
        const out = execFileSync(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", script], {
            cwd: ROOT,
            encoding: "utf8",
        });
        assert.deepEqual(JSON.parse(out.trim().split("\n").at(-1) ?? ""), [false, true, true]);
    }).timeout(120_000);
});
