/** `mesh` with the platform that MESH_PLATFORM names. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const MESH = join(__dirname, "..", "..", "cli", "bin", "mesh.js");

function mesh(platform: string, ...args: string[]): { status: number; out: string } {
    const env = { ...process.env, MESH_PLATFORM: platform };
    try {
        return { status: 0, out: execFileSync(MESH, args, { encoding: "utf8", stdio: "pipe", env }) };
    } catch (error) {
        const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
        return { status, out: stdout + stderr };
    }
}

describe("mesh with another platform", function () {
    this.timeout(120_000);

    it("reads its catalogue and its stack files", () => {
        const { status, out } = mesh("example/bank", "explain", "--stack", "local", "statements", "accounts");
        assert.equal(status, 0, out);
        assert.match(out, /allowed .*accounts-from-statements/);
    });

    it("names the folder if it has no catalogue", () => {
        const { status, out } = mesh("example/bnak", "explain", "--stack", "local", "statements", "accounts");
        assert.equal(status, 2, out);
        assert.match(out, /MESH_PLATFORM=example\/bnak .*no-catalogue/);
        assert.match(out, /Name a folder with a catalogue\.ts/);
    });
});
