/**
 * The live tests create a separate node and remove it: they do not use or change an existing node. Two nodes cannot run at once, so
 * the other one must be stopped first.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkMachine, silentProgress, stopNode, UnfitMachineError } from "../../local";
import { skip } from "../support/skip";

const state = mkdtempSync(join(tmpdir(), "mesh-live-"));
process.env["XDG_STATE_HOME"] = state;

export const mochaHooks = {
    /** Reports the skip if the machine cannot run a node. */
    async beforeAll(this: Mocha.Context): Promise<void> {
        try {
            await checkMachine();
        } catch (error) {
            // If all tests are required, one that cannot run has failed.
            if (!(error instanceof UnfitMachineError) || process.env["CI"] !== undefined) throw error;
            skip(this, `the live tests. ${error.message}`);
        }
    },

    async afterAll(): Promise<void> {
        await stopNode({ progress: silentProgress() });
        rmSync(state, { recursive: true, force: true });
    },
};
