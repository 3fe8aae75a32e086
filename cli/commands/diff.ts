import { difference, isEmpty } from "../diff/diff";
import { toMarkdown } from "../diff/report/markdown";
import { readSide } from "../diff/sides";
import { EXIT } from "../lib/errors";

interface DiffOptions {
    readonly stack: string;
    readonly json?: true;
}

/** Exits with 1 if anything differs. */
export function diff(before: string, after: string, { stack, json }: DiffOptions): void {
    const changes = difference(readSide(before, stack), readSide(after, stack));
    process.stdout.write(json ? `${JSON.stringify(changes)}\n` : toMarkdown(changes));
    process.exitCode = isEmpty(changes.objects) ? EXIT.ok : EXIT.difference;
}
