import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plural } from "../../cli/lib/plural";
import { meshProgram } from "../../cli/program";
import { runMesh } from "../support/cli";

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters:
    - { name: kind, cluster: { server: "https://127.0.0.1:1" } }
users:
    - { name: kind, user: {} }
contexts:
    - { name: kind-mesh, context: { cluster: kind, user: kind } }
current-context: kind-mesh
`;

describe("a context that does not exist", () => {
    let folder: string;
    let kubeconfig: string;

    before(() => {
        folder = mkdtempSync(join(tmpdir(), "mesh-kubeconfig-"));
        kubeconfig = join(folder, "config");
        writeFileSync(kubeconfig, KUBECONFIG);
    });

    after(() => {
        rmSync(folder, { recursive: true });
    });

    const COMMANDS = [
        ["up"],
        ["down"],
        ["verify"],
        ["status"],
        ["status", "--json"],
        ["upgrade", "--to", "1-99-0"],
    ];
    for (const command of [...COMMANDS, ["approve", "auth", "--reason", "x"]]) {
        it(`mesh ${command.join(" ")}: reports the available contexts and exits with 2`, async () => {
            assert.deepEqual(
                await runMesh(...command, "--context", "kind-mehs", "--kubeconfig", kubeconfig),
                {
                    status: 2,
                    stdout: "",
                    stderr:
                        `error: kubeconfig ${kubeconfig}: no context "kind-mehs". Available contexts: kind-mesh. ` +
                        'Did you mean "kind-mesh"?\n',
                },
            );
        }).timeout(60_000);

        it(`mesh ${command.join(" ")}: names a missing or invalid kubeconfig and exits with 2`, async () => {
            const missing = join(folder, "nope");
            const { status, stderr } = await runMesh(...command, "--context", "a", "--kubeconfig", missing);
            assert.equal(status, 2);
            assert.ok(stderr.startsWith(`error: kubeconfig ${missing}: the file does not exist.`), stderr);
            const invalid = join(folder, "invalid");
            writeFileSync(invalid, "contexts: [");
            const second = await runMesh(...command, "--context", "a", "--kubeconfig", invalid);
            assert.equal(second.status, 2);
            assert.ok(second.stderr.startsWith(`error: kubeconfig ${invalid}: `), second.stderr);
        }).timeout(60_000);
    }
});

describe("an HTTP method that does not exist", () => {
    it("is rejected by mesh explain, instead of a proposal to add it to the catalogue", async () => {
        const { status, stderr } = await runMesh(
            ...["explain", "reports", "alerts", "--path", "/v1/alerts", "--method", "FOO"],
        );
        assert.equal(status, 2);
        assert.match(stderr, /^error: --method FOO: not an HTTP method/);
    }).timeout(60_000);
});

describe("counts in messages", () => {
    it("use the singular for one", () => {
        assert.deepEqual(
            [plural(0, "object"), plural(1, "object"), plural(2, "object"), plural(2, "policy", "policies")],
            ["0 objects", "1 object", "2 objects", "2 policies"],
        );
    });
});

describe("help", () => {
    it("has examples for every command", () => {
        for (const command of meshProgram().commands) {
            let text = "";
            command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
            assert.match(
                text,
                new RegExp(`\\nExamples:\\n  # .+\\n  \\$ .*mesh ${command.name()}`),
                command.name(),
            );
        }
    });

    it("marks the options that are required", () => {
        const help = (name: string) =>
            meshProgram()
                .commands.find((command) => command.name() === name)
                ?.helpInformation()
                .replace(/\s+/g, " ") ?? "";
        assert.match(help("graph"), /--out <file> file to write \(required\)/);
        assert.match(help("approve"), /--reason <text> reason to record with your user name \(required\)/);
        assert.equal(help("render").split("(required)").length, 2, "and no others");
    });

    it("describes each command in one sentence", () => {
        for (const command of meshProgram().commands)
            assert.match(command.description(), /^[A-Z][^.]*(\.\w[^.]*)*\.$/, command.name());
    });
});

describe("the stack that a command takes without --stack", () => {
    const withStack = meshProgram().commands.filter(({ options }) =>
        options.some(({ long }) => long === "--stack"),
    );

    it("is local for commands that work on a cluster, and prod for all others", () => {
        const defaults = withStack.map((command) => [
            command.name(),
            command.options.find(({ long }) => long === "--stack")?.defaultValue as unknown,
        ]);
        assert.deepEqual(
            defaults,
            withStack.map((command) => [
                command.name(),
                command.options.some(({ long }) => long === "--context") ? "local" : "prod",
            ]),
        );
        assert.deepEqual(
            [...new Set(defaults.map(([, stack]) => stack))].sort(),
            ["local", "prod"],
            "the rule has cases of both kinds",
        );
    });

    it("is never required", () => {
        for (const command of withStack) {
            const option = command.options.find(({ long }) => long === "--stack");
            assert.equal(option?.mandatory, false, command.name());
        }
    });
});
