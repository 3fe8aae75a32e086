/** Builds what is missing of the embedded node's toolchain, which unit tests use too, and skip without it. */
import { checkMachine, ensureToolchain, UnfitMachineError } from "../local";
import { terminalProgress } from "../local/lib/progress";

async function main(): Promise<void> {
    try {
        await checkMachine();
    } catch (error) {
        if (!(error instanceof UnfitMachineError)) throw error;
        process.stdout.write(`no toolchain: ${error.message}\n`);
        return;
    }
    await ensureToolchain(terminalProgress());
}

void main();
