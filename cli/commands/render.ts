import { Command } from "commander";
import { deriveAll } from "../../components/concerns";
import { loadPlatform } from "../project";
import { renderFiles } from "../render/files";
import { writeFiles } from "../render/write";

interface RenderOptions {
    readonly stack: string;
    readonly out: string;
    readonly json?: true;
}

export function renderCommand(): Command {
    return new Command("render")
        .description("write every Kubernetes object and Helm release of a stack to files; needs no cluster")
        .requiredOption("-s, --stack <stack>", "the stack whose Pulumi.<stack>.yaml applies")
        .requiredOption(
            "-o, --out <folder>",
            "where to write; files of an earlier rendering that are gone are removed",
        )
        .option("--json", "report as JSON")
        .action(render);
}

function render({ stack, out, json }: RenderOptions): void {
    const report = writeFiles(out, renderFiles(deriveAll(loadPlatform(stack))));
    if (json) {
        process.stdout.write(`${JSON.stringify({ stack, out, ...report })}\n`);
        return;
    }
    const { written, unchanged, removed } = report;
    process.stdout.write(
        `${out}: ${written} files written, ${unchanged} unchanged, ${removed} removed (stack ${stack})\n`,
    );
}
