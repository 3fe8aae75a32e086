/** The pack under Pulumi's CLI, if PATH has it and the Kubernetes provider is installed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skip } from "../support/skip";

const ROOT = join(__dirname, "..", "..");

function pulumi(args: readonly string[], env: NodeJS.ProcessEnv): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--non-interactive"], {
        env: { ...process.env, ...env, NO_COLOR: "1" },
        encoding: "utf8",
        timeout: 200_000,
    });
    return { status, output: `${stdout}\n${stderr}` };
}

function missing(): string | undefined {
    if (spawnSync("pulumi", ["version"]).status !== 0) return "no Pulumi CLI is on PATH";
    // PULUMI_DEBUG_PROVIDERS attaches a running provider by its port.
    if (/(^|,)kubernetes:/.test(process.env["PULUMI_DEBUG_PROVIDERS"] ?? "")) return undefined;
    const { output } = pulumi(["plugin", "ls"], {});
    return /^kubernetes\s+resource/m.test(output) ? undefined : "the CLI has no provider for Kubernetes";
}

describe("pulumi preview --policy-pack", function () {
    this.timeout(240_000);
    const reason = missing();
    const folder = mkdtempSync(join(tmpdir(), "sparc-mesh-preview-"));
    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    it("rejects another team's program as the pack's process does", function () {
        if (reason !== undefined) skip(this, reason);
        const env = { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "x" };
        const program = join(__dirname, "other-teams", "namespaces.ts");
        writeFileSync(join(folder, "Pulumi.yaml"), `name: other-team\nruntime: nodejs\nmain: ${program}\n`);
        assert.equal(pulumi(["stack", "init", "x", "--cwd", folder], env).status, 0);
        const preview = ["preview", "--stack", "x", "--cwd", folder, "--policy-pack", join(ROOT, "policy")];
        const { status, output } = pulumi(preview, env);
        assert.notEqual(status, 0, output);
        assert.match(output, /\[mandatory\].*identity-no-plaintext/);
        assert.match(output, /shop\/PeerAuthentication\/default: spec\.mtls\.mode is PERMISSIVE/);
        assert.match(output, /Namespace\/shop: no AuthorizationPolicy in shop denies/);
    });
});
