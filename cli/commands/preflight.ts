import { EXIT } from "../lib/errors";
import { preflight } from "../preflight/preflight";
import { localEnvironment } from "../preflight/environment";
import { loadPlatform } from "../lib/project";

interface PreflightOptions {
    readonly stack: string;
    readonly json?: true;
}

const MARKS = { passed: "✓", failed: "✗", pending: "·" } as const;

/** Exits with 1 if a check failed. */
export async function preflightStack({ stack, json }: PreflightOptions): Promise<void> {
    const issues = await preflight(loadPlatform(stack).config, localEnvironment);
    const lines = issues.map(({ check, status, message, remedy }) =>
        [`${MARKS[status]} ${check}: ${message}`, ...(remedy === undefined ? [] : [`    ${remedy}`])].join(
            "\n",
        ),
    );
    process.stdout.write(`${json ? JSON.stringify(issues) : lines.join("\n")}\n`);
    process.exitCode = issues.some(({ status }) => status === "failed") ? EXIT.difference : EXIT.ok;
}
