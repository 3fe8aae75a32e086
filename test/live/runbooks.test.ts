/** Runs the diagnosis commands of every alert's runbook, exactly as the page has them, on the embedded node. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CHECKOUT } from "./checkout";
import { Deployment } from "./deployment";

const RUNBOOKS = join(CHECKOUT, "docs/runbooks");

const COMMANDS = /```sh\n([\s\S]*?)```/g;

describe("runbooks on the local cluster", function () {
    this.timeout(300_000);
    let node: Deployment;

    before(async () => {
        node = await Deployment.of();
    });

    // Runbooks of alerts: their commands only read. The procedures (mesh-ca, istio-upgrade) change the mesh.
    const pages = readdirSync(RUNBOOKS).filter((name) =>
        readFileSync(join(RUNBOOKS, name), "utf8").includes("\n## Diagnosis\n"),
    );

    for (const page of pages) {
        it(`${page} has commands that work`, async () => {
            const env = {
                ...process.env,
                KUBECONFIG: node.kubeconfig,
                PATH: `${dirname(node.program("kubectl"))}:${process.env["PATH"] ?? ""}`,
            };
            const blocks = [...readFileSync(join(RUNBOOKS, page), "utf8").matchAll(COMMANDS)];
            assert.ok(blocks.length > 0);
            for (const [, block = ""] of blocks) {
                const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", block], {
                    env,
                });
                assert.doesNotMatch(stdout, /query error/);
            }
        });
    }
});
