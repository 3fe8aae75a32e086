/** Runs `mesh` as its users do, from this checkout or from a copy with a changed catalogue. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";

export const CHECKOUT = resolve(__dirname, "..", "..");

export interface ProcessResult {
    /** The exit code; null if it was killed. */
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** Commands of `mesh` that change the local cluster. */
const MUTATING_COMMANDS: ReadonlySet<string> = new Set(["up", "down", "upgrade"]);
let changes = 0;

/** How often `mesh` ran a command that changes the local cluster. */
export function clusterChanges(): number {
    return changes;
}

/** Runs `mesh` to its end; with `killAfter` (milliseconds) it gets SIGKILL then, and cannot clean up. */
export function mesh(checkout: string, args: readonly string[], killAfter?: number): Promise<ProcessResult> {
    if (MUTATING_COMMANDS.has(args[0] ?? "")) changes += 1;
    return run(process.execPath, [join(checkout, "cli", "bin", "mesh.js"), ...args], killAfter);
}

/** Runs `mesh` until its output matches, and kills it then with SIGKILL, so that it cannot clean up. */
export function meshUntil(checkout: string, args: readonly string[], output: RegExp): Promise<ProcessResult> {
    if (MUTATING_COMMANDS.has(args[0] ?? "")) changes += 1;
    return run(process.execPath, [join(checkout, "cli", "bin", "mesh.js"), ...args], undefined, "", output);
}

/** @param killOn kills the process once its output matches */
export function run(
    command: string,
    args: readonly string[],
    killAfter?: number,
    input = "",
    killOn?: RegExp,
): Promise<ProcessResult> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(input);
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output.stdout += text;
        if (killOn?.test(output.stdout)) child.kill("SIGKILL");
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    return new Promise((done, failed) => {
        child.on("error", failed);
        child.on("close", (status) => {
            clearTimeout(timer);
            done({ status, ...output });
        });
    });
}

/**
 * A copy of this checkout with the platform that `change`, a TypeScript expression, evaluates to; it can use `original`.
 *
 * @param copy an earlier copy to change @default a new one
 */
export function withPlatform(change: string, copy = copyOfCheckout()): string {
    const file = join(copy, "catalogue", "platform.ts");
    renameSync(file, join(copy, "catalogue", "original.ts"));
    writeFileSync(
        file,
        `import type { Catalogue } from "./model";
import { assembled as parts, platform as original } from "./original";
export const platform: Catalogue = ${change};
export const assembled = { ...parts, catalogue: platform };
`,
    );
    return copy;
}

/** A copy of this checkout with additional configuration in the local stack. */
export function withStack(more: Readonly<Record<string, unknown>>): string {
    const copy = copyOfCheckout();
    const file = join(copy, "Pulumi.local.yaml");
    const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    const added = Object.entries(more).map(([key, value]) => [`sparc-mesh:${key}`, value] as const);
    writeFileSync(file, stringify({ config: { ...config, ...Object.fromEntries(added) } }));
    return copy;
}

function copyOfCheckout(): string {
    const copy = mkdtempSync(join(tmpdir(), "mesh-checkout-"));
    const left = new Set([".git", "node_modules", "build", "rendered"]);
    cpSync(CHECKOUT, copy, { recursive: true, filter: (path) => !left.has(path.slice(CHECKOUT.length + 1)) });
    symlinkSync(join(CHECKOUT, "node_modules"), join(copy, "node_modules"));
    return copy;
}
