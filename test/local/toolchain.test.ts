import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { digestOf } from "../../local/digest";
import { buildFlags } from "../../local/toolchain/go";
import { parseRelease } from "../../local/toolchain/packages";
import { makePart, noteUse, type Part, storedPart, tidy } from "../../local/toolchain/store";
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
    it("leave go.mod alone and the machine's folders out", () => {
        assert.deepEqual(buildFlags({}), ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]);
    });

    it("set the variables asked for", () => {
        assert.equal(buildFlags({ variables: { "p.v": "1" } }).at(-1), "-ldflags=-s -w -X p.v=1");
    });
});

describe("the release of a distribution", () => {
    it("is read with and without quotes", () => {
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
    const part = (make: Part["make"], with_ = digest): Part => ({
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

    it("has a part once it is made, with the digest of each file", async () => {
        assert.equal(await storedPart(cache, good), undefined);
        const made = await makePart(cache, good, quiet);
        assert.deepEqual(await storedPart(cache, good), made);
        assert.equal(made.files["tool"], "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b");
    });

    it("has nothing of a part that failed half-way", async () => {
        const failing = part(async (folder) => {
            await writeFile(join(folder, "half"), "");
            throw new Error("no room");
        });
        await assert.rejects(makePart(cache, failing, quiet), /no room/);
        assert.deepEqual(await readdir(cache), []);
    });

    it("takes no folder for a part that was not completed, and makes it anew", async () => {
        await mkdir(join(cache, `tool-${digest}`));
        await writeFile(join(cache, `tool-${digest}`, "half"), "");
        assert.equal(await storedPart(cache, good), undefined);
        await makePart(cache, good, quiet);
        assert.deepEqual((await readdir(join(cache, `tool-${digest}`))).sort(), [".part.json", "tool"]);
    });

    it("keeps an older version that is in use, and drops one that is not, and what kills left", async () => {
        const old = part(good.make, "aaaaaaaaaaaaaaaa");
        const forgotten = part(good.make, "bbbbbbbbbbbbbbbb");
        for (const each of [good, old, forgotten]) await makePart(cache, each, quiet);
        await mkdir(join(cache, ".unfinished-tool-x"));
        await mkdir(join(cache, "something-else"));
        const monthAgo = new Date(Date.now() - 30 * 24 * 3600 * 1000);
        for (const each of [old, forgotten])
            await utimes(join(cache, `tool-${each.digest}`), monthAgo, monthAgo);
        await noteUse(cache, [old]);
        await tidy(cache, [good]);
        assert.deepEqual((await readdir(cache)).sort(), [
            "something-else",
            `tool-${digest}`,
            "tool-aaaaaaaaaaaaaaaa",
        ]);
    });
});

describe("the time left", () => {
    it("is the sum of what is expected, less what has passed", () => {
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

    it("follows this machine's pace", () => {
        let now = 0;
        const a = { name: "a", expectedSeconds: 100 };
        const estimate = timeLeft([a, { name: "b", expectedSeconds: 100 }], () => now);
        const begun = estimate.begin(a);
        now = 200_000;
        begun.end();
        assert.equal(estimate.text(), "about 4 min left");
    });

    it("ends at a few seconds", () => {
        assert.equal(timeLeft([]).text(), "a few seconds left");
    });
});
