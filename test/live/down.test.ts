/** The last file of the core tier: what `mesh down` leaves of a node that ran all others. */
import assert from "node:assert/strict";
import { nodeStatus } from "../../local";
import { CHECKOUT, mesh } from "./checkout";
import { Deployment } from "./deployment";

describe("mesh down", function () {
    this.timeout(900_000);

    before(async () => {
        if ((await nodeStatus()).state !== "up") await Deployment.of();
    });

    it("leaves nothing behind", async () => {
        const { status, stdout } = await mesh(CHECKOUT, ["down", "--json"]);
        assert.equal(status, 0);
        assert.deepEqual((JSON.parse(stdout) as { left: string[] }).left, []);
        assert.equal((await mesh(CHECKOUT, ["status"])).status, 1);
    });
});
