/** The first file of a run: the node and the mesh that it leaves are those of all other files. */
import assert from "node:assert/strict";
import { randomSource } from "../support/random";
import { CHECKOUT, mesh } from "./checkout";
import { Deployment } from "./deployment";
import { isFullTier } from "./tier";

/** How often `mesh up` is killed. */
const KILLS = isFullTier() ? 4 : 1;
/** The latest time of a kill, in milliseconds from the start. */
const MAX_DELAY_MS = 60_000;

describe("mesh up, killed at any time", function () {
    this.timeout(2_700_000);

    it(`succeeds the next time, ${KILLS} times of ${KILLS}`, async () => {
        const moments = randomSource("the times at which `mesh up` is killed");
        for (let attempt = 1; attempt <= KILLS; attempt += 1) {
            // Every other time without a cluster, so that each phase is hit, else with the existing one.
            if (attempt % 2 === 1) await mesh(CHECKOUT, ["down"]);
            const after = moments.integer(MAX_DELAY_MS);
            await mesh(CHECKOUT, ["up"], after);
            process.stdout.write(`      killed after ${after} ms\n`);
            // It must succeed.
            await Deployment.of();
        }
        // From the services' pods, through their sidecars: without a prober. The file of `mesh verify` proves the rest.
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", "--layer", "authorization"]);
        assert.equal(status, 0, stdout + stderr);
    });
});
