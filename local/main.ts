import { Command } from "commander";

import { nodeStatus, startNode, type NodeStatus, stopNode, terminalProgress } from "./index";

/** A command line for development of the embedded node. Users run `mesh`. */
async function main(): Promise<void> {
    const program = new Command("node").description("Manage the embedded node");
    program
        .command("start")
        .description("start the node, or the parts of it that do not run")
        .action(async () => {
            const node = await startNode({ progress: terminalProgress() });
            print(JSON.stringify(node, undefined, 2));
        });
    program
        .command("status")
        .description("show the status of each part; exits 1 unless all are ok")
        .option("--json", "print JSON")
        .action(async ({ json }: { json?: boolean }) => {
            const status = await nodeStatus();
            print(json ? JSON.stringify(status, undefined, 2) : toText(status));
            if (status.state !== "up") process.exitCode = 1;
        });
    program
        .command("stop")
        .description("stop the node and remove everything of it; exits 1 if anything is left")
        .action(async () => {
            const { removed, left } = await stopNode({ progress: terminalProgress() });
            print(removed.length > 0 ? `Removed:\n  ${removed.join("\n  ")}` : "No node was found.");
            print(left.length > 0 ? `Left:\n  ${left.join("\n  ")}` : "Nothing is left.");
            if (left.length > 0) process.exitCode = 1;
        });
    await program.parseAsync();
}

function print(text: string): void {
    process.stdout.write(`${text}\n`);
}

function toText({ state, parts, kubeconfig }: NodeStatus): string {
    const lines = parts.map((part) => {
        const process = part.pid === undefined ? "" : `pid ${part.pid} since ${part.since}`;
        const log = part.state === "ok" || part.log === undefined ? "" : `see ${part.log}`;
        return `  ${part.name.padEnd(24)}${part.state.padEnd(16)}${process || log}`;
    });
    return [`node: ${state}`, ...lines, ...(kubeconfig ? [`  kubeconfig ${kubeconfig}`] : [])].join("\n");
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
});
