import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "../../catalogue/platform";
import { bashCompletion } from "../../cli/completion/bash";
import { fishCompletion } from "../../cli/completion/fish";
import { completedCommands } from "../../cli/completion/words";
import { zshCompletion } from "../../cli/completion/zsh";
import { meshProgram } from "../../cli/program";
import { skip } from "../support/skip";

const COMMANDS = completedCommands(meshProgram(), platform);
const SCRIPTS = {
    bash: bashCompletion(COMMANDS),
    zsh: zshCompletion(COMMANDS),
    fish: fishCompletion(COMMANDS),
} as const;

describe("mesh completion", () => {
    const folder = mkdtempSync(join(tmpdir(), "mesh-completion-"));
    after(() => {
        rmSync(folder, { recursive: true });
    });
    writeFileSync(join(folder, "Pulumi.prod.yaml"), "");
    writeFileSync(join(folder, "Pulumi.dev.yaml"), "");
    for (const [shell, script] of Object.entries(SCRIPTS))
        writeFileSync(join(folder, `mesh.${shell}`), script);

    function run(shell: string, ...args: readonly string[]) {
        const { status, stdout, stderr } = spawnSync(shell, args, { cwd: folder, encoding: "utf8" });
        return { status, stdout, stderr };
    }

    /** bash's completions of the last of `words`. */
    function offered(...words: readonly string[]): string[] {
        const quoted = ["mesh", ...words].map((word) => `'${word}'`).join(" ");
        const { stdout } = run(
            "bash",
            "--norc",
            "-c",
            `source mesh.bash; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _mesh; printf '%s\\n' "\${COMPREPLY[@]}"`,
        );
        return stdout.split("\n").filter((line) => line !== "");
    }

    it("in bash offers commands, options, choices, stacks, files and the catalogue's names", () => {
        assert.deepEqual(offered("ver"), ["verify"]);
        assert.deepEqual(offered("verify", "--lay"), ["--layer"]);
        assert.deepEqual(offered("verify", "--layer", "in"), ["ingress"]);
        assert.deepEqual(offered("render", "--stack", ""), ["dev", "prod"]);
        assert.deepEqual(offered("render", "-s", "pr"), ["prod"]);
        assert.deepEqual(offered("policy", "--pack-config", "Pulumi.d"), ["Pulumi.dev.yaml"]);
        assert.deepEqual(offered("explain", "unk"), ["unknown-workload"]);
        assert.deepEqual(offered("explain", "--stack", "prod", "auth", "post"), ["postgres"]);
        assert.deepEqual(offered("explain", "auth", "pub"), []);
        assert.deepEqual(offered("approve", "--reason", "au"), []);
        assert.deepEqual(offered("completion", ""), ["bash", "zsh", "fish"]);
    });

    it("omits options that help hides", () => {
        for (const [shell, script] of Object.entries(SCRIPTS)) {
            assert.match(script, /reject/, shell);
            assert.doesNotMatch(script, /refuse/, shell);
        }
    });

    for (const [shell, script] of Object.entries(SCRIPTS)) {
        it(`in ${shell} is a script that the shell parses, with every command and option`, function () {
            for (const { name, options } of COMMANDS) {
                assert.ok(script.includes(name), name);
                for (const { names } of options)
                    for (const one of names)
                        assert.ok(
                            script.includes(shell === "fish" ? one.replace(/^-+/, "") : one),
                            `${name} ${one}`,
                        );
            }
            if (run(shell, "--version").status !== 0) skip(this, `${shell} is not installed`);
            assert.deepEqual(run(shell, "-n", `mesh.${shell}`), { status: 0, stdout: "", stderr: "" });
        });
    }

    it("in fish offers the same", function () {
        if (run("fish", "--version").status !== 0) skip(this, "fish is not installed");
        const complete = (line: string) =>
            run("fish", "--no-config", "-c", `source mesh.fish; complete -C '${line}'`)
                .stdout.split("\n")
                .map((one) => one.split("\t")[0] ?? "")
                .filter((one) => one !== "");
        assert.deepEqual(complete("mesh ver"), ["verify"]);
        assert.deepEqual(complete("mesh verify --layer in"), ["ingress"]);
        assert.deepEqual(complete("mesh render --stack "), ["dev", "prod"]);
        assert.deepEqual(complete("mesh explain unk"), ["unknown-workload"]);
    });
});
