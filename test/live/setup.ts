/**
 * The live tests make a node of their own and remove it: a node that somebody works with is neither used nor touched.
 * Two nodes cannot run at once, so that one must be stopped before.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkMachine, silentProgress, stopNode, UnfitMachineError } from "../../local";
import { skip } from "../support/skip";

const state = mkdtempSync(join(tmpdir(), "mesh-live-"));
process.env["XDG_STATE_HOME"] = state;

export const mochaHooks = {
    /** Without a machine that can run a node there is nothing to test, which must be seen. */
    async beforeAll(this: Mocha.Context): Promise<void> {
        try {
            await checkMachine();
        } catch (error) {
            // Where everything must be tested, what cannot run has failed.
            if (!(error instanceof UnfitMachineError) || process.env["CI"] !== undefined) throw error;
            skip(this, `the live tests. ${error.message}`);
        }
    },

    async afterAll(): Promise<void> {
        await stopNode({ progress: silentProgress() });
        rmSync(state, { recursive: true, force: true });
    },
};
