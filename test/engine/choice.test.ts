import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseEngine, type CliState } from "../../local/engine/choice";
import { findCli } from "../../local/engine/pulumi/cli";
import { CommandError } from "../../local/lib/process";

const here: CliState = { usable: true, version: "3.260.0", program: "/usr/bin/pulumi" };
const absent: CliState = { usable: false, because: "no Pulumi CLI is on PATH or in node_modules" };

describe("the choice of an engine", () => {
    it("is the Pulumi CLI if it is usable, and reports it", () => {
        assert.deepEqual(chooseEngine({ requested: "auto", cli: here, owner: undefined }), {
            engine: "pulumi",
            why: "Pulumi 3.260.0 is installed",
            cli: here,
        });
    });

    it("is the in-process engine otherwise, and reports why", () => {
        assert.deepEqual(chooseEngine({ requested: "auto", cli: absent, owner: undefined }), {
            engine: "in-process",
            why: "no Pulumi CLI is on PATH or in node_modules",
        });
    });

    it("keeps the engine that deployed the stack", () => {
        const choice = chooseEngine({ requested: "auto", cli: here, owner: "in-process" });
        assert.deepEqual(choice, { engine: "in-process", why: "it deployed this stack before" });
        assert.throws(
            () => chooseEngine({ requested: "auto", cli: absent, owner: "pulumi" }),
            /the Pulumi CLI is not available/,
        );
    });

    it("refuses to change the engine of a deployed stack", () => {
        assert.throws(() => chooseEngine({ requested: "pulumi", cli: here, owner: "in-process" }), {
            message:
                "this stack was deployed to this cluster by the in-process engine; use it again (engine: in-process), or remove the stack first (make down)",
        });
        assert.throws(
            () => chooseEngine({ requested: "in-process", cli: here, owner: "pulumi" }),
            /by the Pulumi CLI/,
        );
    });

    it("is the requested engine, or an error with instructions", () => {
        assert.equal(
            chooseEngine({ requested: "in-process", cli: here, owner: undefined }).engine,
            "in-process",
        );
        assert.throws(
            () => chooseEngine({ requested: "pulumi", cli: absent, owner: undefined }),
            /install it .* or choose the in-process engine/,
        );
    });
});

describe("the search for the Pulumi CLI", () => {
    let folder: string;
    const calls: string[][] = [];
    const environment = (answer: (args: readonly string[]) => Promise<string>) => ({
        folders: ["/nonexistent", folder],
        provider: "4.34.2",
        run: (_program: string, args: readonly string[]) => {
            calls.push([...args]);
            return answer(args);
        },
    });

    beforeEach(async () => {
        calls.length = 0;
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-cli-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    async function program(name: string): Promise<string> {
        const path = join(folder, name);
        await writeFile(path, "");
        await chmod(path, 0o755);
        return path;
    }

    it("runs nothing if another engine is requested, or without a CLI", async () => {
        await program("pulumi");
        const never = environment(() => Promise.reject(new Error("must not run")));
        assert.equal((await findCli("in-process", never)).usable, false);
        assert.deepEqual(await findCli("auto", { ...never, folders: ["/nonexistent"] }), {
            usable: false,
            because:
                "no Pulumi CLI is on PATH or in node_modules (docs/get-started/embedded-node.md says how to use it)",
        });
        assert.deepEqual(calls, []);
    });

    it("installs the provider that the program needs", async () => {
        const path = await program("pulumi");
        const cli = await findCli(
            "auto",
            environment(() => Promise.resolve("v3.260.0\n")),
        );
        assert.deepEqual(cli, { usable: true, version: "3.260.0", program: path });
        assert.deepEqual(calls, [["version"], ["plugin", "install", "resource", "kubernetes", "4.34.2"]]);
    });

    it("uses a provider on PATH", async () => {
        await program("pulumi");
        await program("pulumi-resource-kubernetes");
        await findCli(
            "auto",
            environment(() => Promise.resolve("v3.260.0")),
        );
        assert.deepEqual(calls, [["version"]]);
    });

    it("treats a CLI that cannot install its provider as unusable, and keeps its error", async () => {
        const path = await program("pulumi");
        const cli = await findCli(
            "auto",
            environment(([first]) =>
                first === "version"
                    ? Promise.resolve("v3.260.0")
                    : Promise.reject(
                          new CommandError("pulumi plugin install", 255, "error: 403 HTTP error\nmore"),
                      ),
            ),
        );
        assert.deepEqual(cli, {
            usable: false,
            because: `${path} fails: error: 403 HTTP error`,
        });
    });
});
