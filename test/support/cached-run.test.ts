import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { cachedRun } from "./cached-run";

/** The result in another process, which has read no source yet. @param value what a new run would give */
async function freshRun(
    folder: string,
    root: string,
    value: number,
    env: NodeJS.ProcessEnv = {},
): Promise<number> {
    const script = `require("./cached-run").cachedRun("a", async () => ${value}, ${JSON.stringify({ folder, root })})
        .then((result) => process.stdout.write(String(result)))`;
    const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--require", "ts-node/register/transpile-only", "--eval", script],
        { cwd: __dirname, env: { ...process.env, MESH_PLATFORM: "", ...env } },
    );
    return Number(stdout);
}

describe("a cached run", function () {
    this.timeout(60_000);
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "cached-run-"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    it("is made once, also by callers at the same time, and each gets its own copy", async () => {
        let made = 0;
        const run = async () => {
            made += 1;
            await pause(120);
            return { list: [1] };
        };
        const [first, second] = await Promise.all([
            cachedRun("a", run, { folder }),
            cachedRun("a", run, { folder }),
        ]);
        first.list.push(2);
        assert.deepEqual(
            [first, second, await cachedRun("a", run, { folder })],
            [{ list: [1, 2] }, { list: [1] }, { list: [1] }],
        );
        assert.equal(made, 1);
        await cachedRun("b", run, { folder });
        assert.equal(made, 2);
    });

    it("is made again after a failure, and after its process was killed", async () => {
        await assert.rejects(
            cachedRun("a", () => Promise.reject(new Error("no")), { folder }),
            /no/,
        );
        assert.equal(await cachedRun("a", () => Promise.resolve(1), { folder }), 1);
        const [file = ""] = readdirSync(folder);
        // No process has this number.
        writeFileSync(join(folder, `${file.replace("-a.", "-b.")}.claim`), String(2 ** 30));
        assert.equal(await cachedRun("b", () => Promise.resolve(2), { folder }), 2);
        assert.deepEqual(
            readdirSync(folder).filter((name) => !name.endsWith(".json")),
            [],
        );
    });

    it("is made again for each version of the sources, wherever they are, and for each platform", async () => {
        const root = mkdtempSync(join(tmpdir(), "cached-run-sources-"));
        const source = join(root, "components", "test", "x.ts");
        mkdirSync(dirname(source), { recursive: true });
        const change = (text: string) => {
            writeFileSync(source, text);
            utimesSync(source, 0, 0);
        };
        const run = (value: number) => freshRun(folder, root, value);
        change("1");
        assert.deepEqual([await run(1), await run(2)], [1, 1]);
        change("2");
        assert.deepEqual([await run(3), await run(4)], [3, 3]);
        assert.equal(await freshRun(folder, root, 5, { MESH_PLATFORM: "example/bank" }), 5);
        assert.equal(await run(6), 3);
        rmSync(root, { recursive: true });
    });

    it("is not kept if a source changed after the process had started", async () => {
        const root = mkdtempSync(join(tmpdir(), "cached-run-sources-"));
        writeFileSync(join(root, "x.ts"), "");
        assert.equal(await cachedRun("a", () => Promise.resolve(1), { folder, root }), 1);
        assert.deepEqual(readdirSync(folder), []);
        rmSync(root, { recursive: true });
    });

    it("is made without the folder", async () => {
        const file = join(folder, "file");
        writeFileSync(file, "");
        assert.equal(await cachedRun("a", () => Promise.resolve(1), { folder: join(file, "below") }), 1);
    });
});
