import { Command } from "commander";

import { nodeStatus, startNode, type NodeStatus, stopNode, terminalProgress } from "./index";

/** A small command line of the node's own, for work on the node itself. `mesh` is the one for everything. */
async function main(): Promise<void> {
    const program = new Command("node").description("the embedded Kubernetes node");
    program
        .command("start")
        .description("start the node, or what of it does not run")
        .action(async () => {
            const node = await startNode({ progress: terminalProgress() });
            print(JSON.stringify(node, undefined, 2));
        });
    program
        .command("status")
        .description("show the node, part by part; exits 1 unless all is well")
        .option("--json", "for machines")
        .action(async ({ json }: { json?: boolean }) => {
            const status = await nodeStatus();
            print(json ? JSON.stringify(status, undefined, 2) : forPeople(status));
            if (status.state !== "up") process.exitCode = 1;
        });
    program
        .command("stop")
        .description("end the node and remove everything of it; exits 1 if anything is left")
        .action(async () => {
            const { removed, left } = await stopNode({ progress: terminalProgress() });
            print(removed.length > 0 ? `Removed:\n  ${removed.join("\n  ")}` : "There was no node.");
            print(left.length > 0 ? `Left:\n  ${left.join("\n  ")}` : "Nothing is left.");
            if (left.length > 0) process.exitCode = 1;
        });
    await program.parseAsync();
}

function print(text: string): void {
    process.stdout.write(`${text}\n`);
}

function forPeople({ state, parts, kubeconfig }: NodeStatus): string {
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
