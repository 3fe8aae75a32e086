import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { deploymentOf } from "../../cli/commands/upgrade-deployments";
import { UpgradeError } from "../../cli/upgrade/plan";
import { testConfig } from "../support/config";

const ROOT = resolve(__dirname, "..", "..");

describe("how an upgrade deploys another stack than local", () => {
    const path = process.env["PATH"];
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "mesh-pulumi-"));
        const kubeconfig = {
            clusters: [{ name: "one", cluster: { server: "http://127.0.0.1:1" } }],
            users: [{ name: "one", user: {} }],
            contexts: [{ name: "one", context: { cluster: "one", user: "one" } }],
        };
        writeFileSync(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
    });
    afterEach(() => {
        process.env["PATH"] = path;
        rmSync(folder, { recursive: true });
    });

    /** Puts a `pulumi` on PATH that records its folder and arguments, and exits with `status`. */
    const withPulumi = (status: number) => {
        const file = join(folder, "pulumi");
        writeFileSync(file, `#!/bin/sh\necho "$PWD $*" >> ${folder}/calls\nexit ${status}\n`);
        chmodSync(file, 0o755);
        process.env["PATH"] = `${folder}${delimiter}${path ?? ""}`;
    };
    const config = testConfig({ domain: "a.example" });
    const at = () => ({ engine: "auto" as const, kubeconfig: join(folder, "kubeconfig"), context: "one" });

    it("runs `pulumi up` of the stack in the project's folder", async () => {
        withPulumi(0);
        const { deploy, file } = deploymentOf("prod", config, at());
        await deploy();
        assert.equal(file, join(ROOT, "Pulumi.prod.yaml"));
        assert.equal(
            readFileSync(join(folder, "calls"), "utf8"),
            `${ROOT} up --stack prod --yes --non-interactive\n`,
        );
    });

    it("reports a failed `pulumi up`, and a missing CLI, with what to do", async () => {
        withPulumi(255);
        await assert.rejects(
            deploymentOf("prod", config, at()).deploy(),
            /^UpgradeError: pulumi up --stack prod --yes --non-interactive failed with 255\. .*continues with this step/,
        );
        process.env["PATH"] = join(folder, "empty");
        await assert.rejects(
            deploymentOf("prod", config, at()).deploy(),
            /Pulumi CLI is not on PATH.*--restart/,
        );
    });

    it("needs a named context: the command's, or the stack's", async () => {
        const { kubeconfig } = at();
        assert.throws(
            () => deploymentOf("prod", config, { engine: "auto" }),
            (error) =>
                error instanceof UpgradeError &&
                error.message.includes("cluster of stack prod is unknown: pass --context"),
        );
        const named = testConfig({ domain: "a.example", kubeconfig, context: "one" });
        await deploymentOf("prod", named, { engine: "auto" }).cluster();
        assert.throws(() => deploymentOf("prod", config, { ...at(), context: "two" }), /no context "two"/);
    });
});
