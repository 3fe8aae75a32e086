import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { testConfig } from "../support/config";
import { ensureSigningKey, readSigningKey } from "../../local/node/issuer";

describe("the machine's signing key", () => {
    let state: string;
    const outer = process.env["XDG_STATE_HOME"];

    beforeEach(async () => {
        state = await mkdtemp(join(tmpdir(), "sparc-mesh-issuer-"));
        process.env["XDG_STATE_HOME"] = state;
    });
    afterEach(async () => {
        if (outer === undefined) delete process.env["XDG_STATE_HOME"];
        else process.env["XDG_STATE_HOME"] = outer;
        await rm(state, { recursive: true });
    });

    it("is generated once, and readable only by its owner", async () => {
        assert.equal(await readSigningKey(), undefined);
        const { id, jwks } = await ensureSigningKey();
        assert.deepEqual([(await ensureSigningKey()).jwks, (await readSigningKey())?.id], [jwks, id]);
        const folder = join(state, "sparc-mesh", "edge");
        assert.deepEqual(await readdir(folder), ["issuer.key"]);
        assert.equal((await stat(join(folder, "issuer.key"))).mode & 0o777, 0o600);
    });

    it("has a public JWKS in the configuration's format", async () => {
        const { id, jwks } = await ensureSigningKey();
        const issuer = { issuer: "https://login.example", audiences: ["api"], jwks };
        assert.doesNotThrow(() => testConfig({ domain: "a.example", edge: { issuers: [issuer] } }));
        const { keys } = JSON.parse(jwks) as { keys: { kid: string; alg: string }[] };
        assert.deepEqual(
            keys.map(({ kid, alg }) => [kid, alg]),
            [[id, "ES256"]],
        );
    });
});
