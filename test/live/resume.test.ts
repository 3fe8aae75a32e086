import assert from "node:assert/strict";
import { randomChoices } from "../support/random";
import { CHECKOUT, mesh } from "./checkout";
import { isFullTier } from "./tier";

/** How often `mesh up` is killed. Each costs a start of the whole mesh. */
const KILLS = isFullTier() ? 4 : 1;
/** The latest moment at which it is, in milliseconds from its start. */
const MAX_DELAY_MS = 60_000;

describe("mesh up, killed at any moment", function () {
    this.timeout(2_700_000);

    it(`ends well the next time, ${KILLS} times of ${KILLS}`, async () => {
        await mesh(CHECKOUT, ["down"]);
        const moments = randomChoices("the moments at which `mesh up` is killed");
        for (let attempt = 1; attempt <= KILLS; attempt += 1) {
            // Every other time from nothing, so that each phase is hit, and else on top of what is there.
            if (attempt % 2 === 1) await mesh(CHECKOUT, ["down"]);
            const after = moments.number(MAX_DELAY_MS);
            await mesh(CHECKOUT, ["up"], after);
            const { status, stderr } = await mesh(CHECKOUT, ["up", "--json"]);
            assert.equal(status, 0, `attempt ${attempt}, killed after ${after} ms: ${stderr}`);
        }
        const layers = isFullTier() ? [] : ["--layer", "identity"];
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", ...layers]);
        assert.equal(status, 0, stdout + stderr);
    });

    it("leaves nothing after mesh down", async () => {
        const { status, stdout } = await mesh(CHECKOUT, ["down", "--json"]);
        assert.equal(status, 0);
        assert.deepEqual((JSON.parse(stdout) as { left: string[] }).left, []);
        assert.equal((await mesh(CHECKOUT, ["status"])).status, 1);
    });
});
