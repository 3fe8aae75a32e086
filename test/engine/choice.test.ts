import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseEngine, type CliState } from "../../local/engine/choice";
import { findCli } from "../../local/engine/pulumi/cli";
import { CommandError } from "../../local/process";

const here: CliState = { usable: true, version: "3.260.0", program: "/usr/bin/pulumi" };
const absent: CliState = { usable: false, because: "no Pulumi CLI is on PATH or in node_modules" };

describe("the choice of an engine", () => {
    it("is the Pulumi CLI where it can be used, and says so", () => {
        assert.deepEqual(chooseEngine({ wanted: "auto", cli: here, owner: undefined }), {
            engine: "pulumi",
            why: "Pulumi 3.260.0 is here",
            cli: here,
        });
    });

    it("is the in-process engine elsewhere, and says why", () => {
        assert.deepEqual(chooseEngine({ wanted: "auto", cli: absent, owner: undefined }), {
            engine: "in-process",
            why: "no Pulumi CLI is on PATH or in node_modules",
        });
    });

    it("stays with the engine that has the stack", () => {
        const choice = chooseEngine({ wanted: "auto", cli: here, owner: "in-process" });
        assert.deepEqual(choice, { engine: "in-process", why: "it deployed this stack before" });
        assert.throws(
            () => chooseEngine({ wanted: "auto", cli: absent, owner: "pulumi" }),
            /the Pulumi CLI cannot be used/,
        );
    });

    it("refuses to change the engine under a stack", () => {
        assert.throws(() => chooseEngine({ wanted: "pulumi", cli: here, owner: "in-process" }), {
            message:
                "this stack was deployed to this cluster by the in-process engine; go on with it (engine: in-process), or remove the stack first (make down)",
        });
        assert.throws(
            () => chooseEngine({ wanted: "in-process", cli: here, owner: "pulumi" }),
            /by the Pulumi CLI/,
        );
    });

    it("is what was asked for, or an error that says how to get it", () => {
        assert.equal(
            chooseEngine({ wanted: "in-process", cli: here, owner: undefined }).engine,
            "in-process",
        );
        assert.throws(
            () => chooseEngine({ wanted: "pulumi", cli: absent, owner: undefined }),
            /install it .* or choose the in-process engine/,
        );
    });
});

describe("the look for the Pulumi CLI", () => {
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

    it("runs nothing where another engine was asked for, or there is no CLI", async () => {
        await program("pulumi");
        const never = environment(() => Promise.reject(new Error("must not run")));
        assert.equal((await findCli("in-process", never)).usable, false);
        assert.deepEqual(await findCli("auto", { ...never, folders: ["/nonexistent"] }), absent);
        assert.deepEqual(calls, []);
    });

    it("has the provider installed that the program needs", async () => {
        const path = await program("pulumi");
        const found = await findCli(
            "auto",
            environment(() => Promise.resolve("v3.260.0\n")),
        );
        assert.deepEqual(found, { usable: true, version: "3.260.0", program: path });
        assert.deepEqual(calls, [["version"], ["plugin", "install", "resource", "kubernetes", "4.34.2"]]);
    });

    it("leaves a provider on PATH alone", async () => {
        await program("pulumi");
        await program("pulumi-resource-kubernetes");
        await findCli(
            "auto",
            environment(() => Promise.resolve("v3.260.0")),
        );
        assert.deepEqual(calls, [["version"]]);
    });

    it("finds a CLI unusable that cannot get its provider, and keeps its words", async () => {
        const path = await program("pulumi");
        const found = await findCli(
            "auto",
            environment(([first]) =>
                first === "version"
                    ? Promise.resolve("v3.260.0")
                    : Promise.reject(
                          new CommandError("pulumi plugin install", 255, "error: 403 HTTP error\nmore"),
                      ),
            ),
        );
        assert.deepEqual(found, {
            usable: false,
            because: `${path} does not work here: error: 403 HTTP error`,
        });
    });
});
