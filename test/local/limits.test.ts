import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { raiseLimits, restoreLimits } from "../../local/node/limits";

describe("the machine's limits", () => {
    let folder: string;
    const instances = (): string => join(folder, "sys/fs/inotify/max_user_instances");
    const root = (): string => join(folder, "sys");
    const value = async (): Promise<string> => (await readFile(instances(), "utf8")).trim();

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-limits-"));
        await mkdir(join(folder, "sys/fs/inotify"), { recursive: true });
        await writeFile(instances(), "128\n");
        await writeFile(join(folder, "sys/fs/inotify/max_user_watches"), "1000000\n");
    });
    afterEach(async () => {
        await rm(folder, { recursive: true });
    });

    it("are raised if they are too low, and restored", async () => {
        await raiseLimits(folder, root());
        assert.equal(await value(), "8192");
        assert.deepEqual(await restoreLimits(folder, root()), [
            "the raised limit fs.inotify.max_user_instances (restored to 128)",
        ]);
        assert.equal(await value(), "128");
    });

    it("are restored to their original values, even if raised several times", async () => {
        await raiseLimits(folder, root());
        await writeFile(instances(), "200\n");
        await raiseLimits(folder, root());
        await restoreLimits(folder, root());
        assert.equal(await value(), "128");
    });

    it("are not restored if another process changed them", async () => {
        await raiseLimits(folder, root());
        await writeFile(instances(), "100000\n");
        assert.deepEqual(await restoreLimits(folder, root()), []);
        assert.equal(await value(), "100000");
    });

    it("are not changed if they suffice", async () => {
        await writeFile(instances(), "65536\n");
        await raiseLimits(folder, root());
        assert.equal(await value(), "65536");
        assert.deepEqual(await restoreLimits(folder, root()), []);
    });
});
