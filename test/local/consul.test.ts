import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storedConsul } from "../../local/toolchain/consul";

describe("the Consul of the toolchain", () => {
    it("is not built by looking for it", async () => {
        const cache = await mkdtemp(join(tmpdir(), "cache-"));
        const before = process.env["XDG_CACHE_HOME"];
        process.env["XDG_CACHE_HOME"] = cache;
        try {
            assert.equal(await storedConsul(), undefined);
        } finally {
            if (before === undefined) delete process.env["XDG_CACHE_HOME"];
            else process.env["XDG_CACHE_HOME"] = before;
            await rm(cache, { recursive: true });
        }
    });
});
