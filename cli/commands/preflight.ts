import { EXIT } from "../errors";
import { preflight } from "../preflight/preflight";
import { surroundings } from "../preflight/surroundings";
import { loadPlatform } from "../project";

interface PreflightOptions {
    readonly stack: string;
    readonly json?: true;
}

const SIGN = { right: "✓", wrong: "✗", "to come": "·" } as const;

/** Exits with 1 if anything is wrong. */
export async function preflightStack({ stack, json }: PreflightOptions): Promise<void> {
    const findings = await preflight(loadPlatform(stack).config, surroundings);
    const lines = findings.map(({ what, verdict, text, remedy }) =>
        [`${SIGN[verdict]} ${what}: ${text}`, ...(remedy === undefined ? [] : [`    ${remedy}`])].join("\n"),
    );
    process.stdout.write(`${json ? JSON.stringify(findings) : lines.join("\n")}\n`);
    process.exitCode = findings.some(({ verdict }) => verdict === "wrong") ? EXIT.difference : EXIT.ok;
}
