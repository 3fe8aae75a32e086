import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lazyLoad } from "../../cli/lib/lazy-load";
import { meshProgram } from "../../cli/program";
import { version } from "../../package.json";
import { runMesh } from "../support/cli";
import { temporaryFolder } from "../support/folder";

const MESH = join(__dirname, "..", "..", "cli", "bin", "mesh.js");

/** The files that `mesh <args>` has loaded when it exits. */
function loaded(...args: string[]): string[] {
    const folder = temporaryFolder("mesh-start-");
    const [hook, list] = [join(folder, "hook.js"), join(folder, "list.json")];
    writeFileSync(
        hook,
        `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`,
    );
    execFileSync(process.execPath, ["--require", hook, MESH, ...args]);
    return JSON.parse(readFileSync(list, "utf8")) as string[];
}

describe("the mesh command", () => {
    it("shows help without loading the libraries of Pulumi, Kubernetes and Graphviz", () => {
        const files = loaded("--help");
        assert.ok(files.some((file) => file.includes("node_modules/commander/")));
        for (const heavy of ["@pulumi/", "@kubernetes/", "@viz-js/", "zod", "listr2"]) {
            assert.deepEqual(
                files.filter((file) => file.includes(`node_modules/${heavy}`)),
                [],
            );
        }
    }).timeout(60_000);

    it("exits with 2 for invalid usage, and with 0 after help", async () => {
        // One case in a separate process; `--help` ran in one above.
        assert.equal(spawnSync(process.execPath, [MESH, "rendr"]).status, 2);
        for (const args of [
            ["render"],
            ["graph", "--format", "dot"],
            ["explain", "unknown-workloat", "alerts"],
            ["explain", "billing", "alerts", "--path", "v1/alerts"],
        ])
            assert.equal((await runMesh(...args)).status, 2, args.join(" "));
    }).timeout(120_000);

    it("prints its version", () => {
        const { stdout, status } = spawnSync(process.execPath, [MESH, "--version"], { encoding: "utf8" });
        assert.deepEqual([stdout.trim(), status], [version, 0]);
    }).timeout(60_000);

    it("rejects a kubeconfig without a context, to avoid using an unintended cluster", async () => {
        const ofClusters = meshProgram().commands.filter(({ options }) =>
            options.some(({ long }) => long === "--kubeconfig"),
        );
        assert.deepEqual(
            ofClusters.map((command) => command.name()),
            ["up", "workloads", "verify", "status", "approve", "upgrade", "down"],
        );
        for (const command of ofClusters) {
            const required =
                { upgrade: ["--to", "x"], approve: ["auth", "--reason", "x"], workloads: ["check"] }[
                    command.name()
                ] ?? [];
            await assert.rejects(
                meshProgram().parseAsync([command.name(), ...required, "--kubeconfig", "a.yaml"], {
                    from: "user",
                }),
                /^Error: --kubeconfig a.yaml requires --context <name>/,
            );
        }
    });

    it("exits if there is nothing to evaluate, even though the policy pack runs by then", () => {
        const { status, signal, stderr } = spawnSync(
            process.execPath,
            [MESH, "policy", "--stack", "nosuch"],
            { timeout: 100_000, encoding: "utf8" },
        );
        assert.deepEqual({ status, signal }, { status: 2, signal: null });
        assert.match(stderr, /there is no stack "nosuch"/);
    }).timeout(120_000);

    it("has an implementation for each command", () => {
        for (const command of meshProgram().commands) {
            const module = lazyLoad(__filename, `../../cli/commands/${command.name()}`) as Record<
                string,
                unknown
            >;
            assert.equal(
                Object.values(module).filter((value) => typeof value === "function").length,
                1,
                command.name(),
            );
        }
    }).timeout(60_000);
});
