import { Command } from "commander";
import { silentProgress, stopNode, terminalProgress } from "../../local";
import { EXIT } from "../errors";

export function downCommand(): Command {
    return new Command("down")
        .description("remove the embedded node and all that it left on this machine")
        .option("--json", "report as JSON")
        .action(down);
}

async function down({ json }: { readonly json?: true }): Promise<void> {
    const { removed, left } = await stopNode({ progress: json ? silentProgress() : terminalProgress() });
    process.exitCode = left.length > 0 ? EXIT.failed : EXIT.ok;
    if (json) {
        process.stdout.write(`${JSON.stringify({ removed, left })}\n`);
        return;
    }
    const lines = [
        removed.length === 0 ? "There was no node." : "Removed:",
        ...removed.map((line) => `  ${line}`),
        left.length === 0 ? "Nothing of it is left; the toolchain stays in the cache." : "STILL THERE:",
        ...left.map((line) => `  ${line}`),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
}
