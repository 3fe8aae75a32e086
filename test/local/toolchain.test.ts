import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { digestOf } from "../../local/lib/digest";
import { buildFlags } from "../../local/toolchain/go";
import { parseRelease } from "../../local/toolchain/packages";
import {
    buildPart,
    recordUse,
    type ToolchainPart,
    storedPart,
    removeUnused,
} from "../../local/toolchain/store";
import { timeLeft } from "../../local/toolchain/time-left";

const quiet = (): void => undefined;

describe("a digest", () => {
    it("does not depend on the order of keys, and depends on everything else", () => {
        assert.equal(
            digestOf({ a: 1, b: [2, { c: "x", d: null }] }),
            digestOf({ b: [2, { d: null, c: "x" }], a: 1 }),
        );
        const different = [{ a: 1 }, { a: "1" }, { a: [1] }, { b: 1 }, [1], { a: null }, {}].map(digestOf);
        assert.equal(new Set(different).size, different.length);
        assert.notEqual(digestOf(["a", "b"]), digestOf(["b", "a"]));
    });
});

describe("the flags of a Go build", () => {
    it("keep go.mod and trim the machine's paths", () => {
        assert.deepEqual(buildFlags({}), ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]);
    });

    it("set the given variables", () => {
        assert.equal(buildFlags({ variables: { "p.v": "1" } }).at(-1), "-ldflags=-s -w -X p.v=1");
    });
});

describe("the release of a distribution", () => {
    it("is parsed with and without quotes", () => {
        assert.deepEqual(parseRelease('ID=debian\nVERSION_ID="12"\nID_LIKE=x\n'), {
            id: "debian",
            version: "12",
        });
        assert.deepEqual(parseRelease("NAME=rolling\n"), { id: "unknown", version: "unknown" });
    });
});

describe("the store of parts", () => {
    let cache: string;
    const digest = "0123456789abcdef";
    const part = (make: ToolchainPart["make"], with_ = digest): ToolchainPart => ({
        name: "tool",
        digest: with_,
        expectedSeconds: 1,
        make,
    });
    const good = part(async (folder) => writeFile(join(folder, "tool"), "code"));

    beforeEach(async () => {
        cache = await mkdtemp(join(tmpdir(), "sparc-mesh-store-"));
    });
    afterEach(async () => {
        await rm(cache, { recursive: true });
    });

    it("contains a part once it is built, with the digest of each file", async () => {
        assert.equal(await storedPart(cache, good), undefined);
        const made = await buildPart(cache, good, quiet);
        assert.deepEqual(await storedPart(cache, good), made);
        assert.equal(made.files["tool"], "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b");
    });

    it("contains nothing of a part whose build failed", async () => {
        const failing = part(async (folder) => {
            await writeFile(join(folder, "half"), "");
            throw new Error("no room");
        });
        await assert.rejects(buildPart(cache, failing, quiet), /no room/);
        assert.deepEqual(await readdir(cache), []);
    });

    it("rebuilds a part whose folder is incomplete", async () => {
        await mkdir(join(cache, `tool-${digest}`));
        await writeFile(join(cache, `tool-${digest}`, "half"), "");
        assert.equal(await storedPart(cache, good), undefined);
        await buildPart(cache, good, quiet);
        assert.deepEqual((await readdir(join(cache, `tool-${digest}`))).sort(), [".part.json", "tool"]);
    });

    it("keeps an older version that is in use, and removes unused ones and leftovers of killed builds", async () => {
        const old = part(good.make, "aaaaaaaaaaaaaaaa");
        const forgotten = part(good.make, "bbbbbbbbbbbbbbbb");
        for (const each of [good, old, forgotten]) await buildPart(cache, each, quiet);
        await mkdir(join(cache, ".unfinished-tool-x"));
        await mkdir(join(cache, "something-else"));
        const monthAgo = new Date(Date.now() - 30 * 24 * 3600 * 1000);
        for (const each of [old, forgotten])
            await utimes(join(cache, `tool-${each.digest}`), monthAgo, monthAgo);
        await recordUse(cache, [old]);
        await removeUnused(cache, [good]);
        assert.deepEqual((await readdir(cache)).sort(), [
            "something-else",
            `tool-${digest}`,
            "tool-aaaaaaaaaaaaaaaa",
        ]);
    });
});

describe("the remaining time", () => {
    it("is the expected total minus the elapsed time", () => {
        let now = 0;
        const work = [
            { name: "a", expectedSeconds: 300 },
            { name: "b", expectedSeconds: 120 },
        ];
        const estimate = timeLeft(work, () => now);
        assert.equal(estimate.text(), "about 7 min left");
        estimate.begin({ name: "a", expectedSeconds: 300 });
        now = 240_000;
        assert.equal(estimate.text(), "about 3 min left");
    });

    it("adapts to the machine's speed", () => {
        let now = 0;
        const a = { name: "a", expectedSeconds: 100 };
        const estimate = timeLeft([a, { name: "b", expectedSeconds: 100 }], () => now);
        const begun = estimate.begin(a);
        now = 200_000;
        begun.end();
        assert.equal(estimate.text(), "about 4 min left");
    });

    it("is at least a few seconds", () => {
        assert.equal(timeLeft([]).text(), "a few seconds left");
    });
});
