import { deriveAll } from "../../components/concerns";
import { plural } from "../lib/plural";
import { loadPlatform } from "../lib/project";
import { renderFiles } from "../lib/rendered/files";
import { writeFiles } from "../lib/rendered/write";

interface RenderOptions {
    readonly stack: string;
    readonly out: string;
    readonly json?: true;
}

export function render({ stack, out, json }: RenderOptions): void {
    const report = writeFiles(out, renderFiles(deriveAll(loadPlatform(stack))));
    if (json) {
        process.stdout.write(`${JSON.stringify({ stack, out, ...report })}\n`);
        return;
    }
    const { written, unchanged, removed } = report;
    process.stdout.write(
        `${out}: ${plural(written, "file")} written, ${unchanged} unchanged, ${removed} removed (stack ${stack})\n`,
    );
}
