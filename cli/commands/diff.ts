import { difference, isEmpty } from "../diff/diff";
import { toMarkdown } from "../diff/report/markdown";
import { readSide } from "../diff/sides";
import { EXIT } from "../errors";

interface DiffOptions {
    readonly stack: string;
    readonly json?: true;
}

/** Exits with 0 if both are the same, with 1 if anything differs. */
export function diff(before: string, after: string, { stack, json }: DiffOptions): void {
    const found = difference(readSide(before, stack), readSide(after, stack));
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : toMarkdown(found));
    process.exitCode = isEmpty(found.objects) ? EXIT.ok : EXIT.difference;
}
