import { Command } from "commander";

import { startNode } from "./node/start";
import { terminalProgress } from "./progress";

/** A small command line of the node's own, for work on the node itself. `mesh` is the one for everything. */
async function main(): Promise<void> {
    const program = new Command("node").description("the embedded Kubernetes node");
    program.command("start").action(async () => {
        const node = await startNode({ progress: terminalProgress() });
        console.log(JSON.stringify(node, undefined, 2));
    });
    await program.parseAsync();
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
