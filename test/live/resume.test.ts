import assert from "node:assert/strict";
import { randomSource } from "../support/random";
import { CHECKOUT, mesh } from "./checkout";
import { isFullTier } from "./tier";

/** How often `mesh up` is killed. Each time starts the whole mesh. */
const KILLS = isFullTier() ? 4 : 1;
/** The latest time of a kill, in milliseconds from the start. */
const MAX_DELAY_MS = 60_000;

describe("mesh up, killed at any time", function () {
    this.timeout(2_700_000);

    it(`succeeds the next time, ${KILLS} times of ${KILLS}`, async () => {
        await mesh(CHECKOUT, ["down"]);
        const moments = randomSource("the times at which `mesh up` is killed");
        for (let attempt = 1; attempt <= KILLS; attempt += 1) {
            // Every other time without a cluster, so that each phase is hit, else with the existing one.
            if (attempt % 2 === 1) await mesh(CHECKOUT, ["down"]);
            const after = moments.integer(MAX_DELAY_MS);
            await mesh(CHECKOUT, ["up"], after);
            const { status, stderr } = await mesh(CHECKOUT, ["up", "--json"]);
            assert.equal(status, 0, `attempt ${attempt}, killed after ${after} ms: ${stderr}`);
        }
        const layers = isFullTier() ? [] : ["--layer", "identity"];
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", ...layers]);
        assert.equal(status, 0, stdout + stderr);
    });

    it("leaves nothing behind after mesh down", async () => {
        const { status, stdout } = await mesh(CHECKOUT, ["down", "--json"]);
        assert.equal(status, 0);
        assert.deepEqual((JSON.parse(stdout) as { left: string[] }).left, []);
        assert.equal((await mesh(CHECKOUT, ["status"])).status, 1);
    });
});
