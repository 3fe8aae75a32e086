import assert from "node:assert/strict";
import { CHECKOUT, mesh } from "./checkout";

/** How often `mesh up` is killed: MESH_KILLS. Each costs a start of the whole mesh: two where everything is tested, else none. */
const KILLS = Number(process.env["MESH_KILLS"] ?? (process.env["CI"] === undefined ? "0" : "2"));
/** The latest moment at which it is, in milliseconds from its start. */
const LATEST = 60_000;

describe("mesh up, killed at any moment", function () {
    this.timeout(2_700_000);

    before(function () {
        if (KILLS > 0) return;
        process.stdout.write(
            "    SKIPPED: set MESH_KILLS to the number of times that `mesh up` shall be killed\n",
        );
        this.skip();
    });

    it(`ends well the next time, ${KILLS} times of ${KILLS}`, async () => {
        await mesh(CHECKOUT, ["down"]);
        for (let attempt = 1; attempt <= KILLS; attempt += 1) {
            // Every other time from nothing, so that each phase is hit, and else on top of what is there.
            if (attempt % 2 === 1) await mesh(CHECKOUT, ["down"]);
            const after = Math.round(Math.random() * LATEST);
            await mesh(CHECKOUT, ["up"], after);
            const { status, stderr } = await mesh(CHECKOUT, ["up", "--json"]);
            assert.equal(status, 0, `attempt ${attempt}, killed after ${after} ms: ${stderr}`);
        }
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify"]);
        assert.equal(status, 0, stdout + stderr);
    });

    it("leaves nothing after mesh down", async () => {
        const { status, stdout } = await mesh(CHECKOUT, ["down", "--json"]);
        assert.equal(status, 0);
        assert.deepEqual((JSON.parse(stdout) as { left: string[] }).left, []);
        assert.equal((await mesh(CHECKOUT, ["status"])).status, 1);
    });
});
