import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cachedRun } from "./cached-run";

describe("a cached run", () => {
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
        const [first, second] = await Promise.all([cachedRun("a", run, folder), cachedRun("a", run, folder)]);
        first.list.push(2);
        assert.deepEqual(
            [first, second, await cachedRun("a", run, folder)],
            [{ list: [1, 2] }, { list: [1] }, { list: [1] }],
        );
        assert.equal(made, 1);
        await cachedRun("b", run, folder);
        assert.equal(made, 2);
    });

    it("is made again after a failure, and after its process was killed", async () => {
        await assert.rejects(
            cachedRun("a", () => Promise.reject(new Error("no")), folder),
            /no/,
        );
        assert.equal(await cachedRun("a", () => Promise.resolve(1), folder), 1);
        const [file = ""] = readdirSync(folder);
        // No process has this number.
        writeFileSync(join(folder, `${file.replace("-a.", "-b.")}.claim`), String(2 ** 30));
        assert.equal(await cachedRun("b", () => Promise.resolve(2), folder), 2);
        assert.deepEqual(
            readdirSync(folder).filter((name) => !name.endsWith(".json")),
            [],
        );
    });

    it("is made without the folder", async () => {
        const file = join(folder, "file");
        writeFileSync(file, "");
        assert.equal(await cachedRun("a", () => Promise.resolve(1), join(file, "below")), 1);
    });
});
