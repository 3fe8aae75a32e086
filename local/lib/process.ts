import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** Options for running a command. */
export interface RunOptions {
    /** Working directory. @default this process's */
    readonly cwd?: string;
    /** The complete environment of the command. @default this process's */
    readonly env?: NodeJS.ProcessEnv;
    /** Text or a file's path, written to standard input. @default no input */
    readonly input?: { readonly text: string } | { readonly file: string };
    /** Milliseconds after which the command is killed. @default none */
    readonly timeout?: number;
    /** Called with each line that the command writes to standard error. */
    readonly onErrorLine?: (line: string) => void;
}

/** A command that could not be started or failed. */
export class CommandError extends Error {
    constructor(
        readonly command: string,
        /** Exit code, signal name, or system error code. */
        readonly reason: number | string,
        /** The last lines of standard error. */
        readonly stderr: string,
    ) {
        super(`${command}\n  failed with ${reason}${stderr === "" ? "" : `:\n${indent(stderr)}`}`);
        this.name = "CommandError";
    }
}

/**
 * Runs a command and returns its standard output.
 *
 * @throws CommandError if it cannot be started, is killed, or exits with a code other than 0
 */
export async function run(
    program: string,
    args: readonly string[],
    options: RunOptions = {},
): Promise<string> {
    const spawnOptions: SpawnOptions = { stdio: [options.input ? "pipe" : "ignore", "pipe", "pipe"] };
    if (options.cwd !== undefined) spawnOptions.cwd = options.cwd;
    if (options.env !== undefined) spawnOptions.env = options.env;
    if (options.timeout !== undefined) {
        spawnOptions.timeout = options.timeout;
        spawnOptions.killSignal = "SIGKILL";
    }
    const child = spawn(program, args, spawnOptions);
    const stdout: Buffer[] = [];
    const stderr = new Tail(20);
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => {
        stderr.add(chunk.toString(), options.onErrorLine);
    });
    const ended = exitOf(child);
    // A write error shows in the command's exit code; a command that ends before reading all its input (EPIPE) has not failed.
    const feeding = feed(child, options.input).catch(() => undefined);
    const reason = await ended;
    await feeding;
    if (reason !== 0) throw new CommandError([program, ...args].join(" "), reason, stderr.text());
    return Buffer.concat(stdout).toString();
}

/** Resolves after `milliseconds`. */
export function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Repeats `attempt` until it returns a value other than undefined, and returns that.
 *
 * @param describe returns the error message: what was awaited, and what prevented it
 * @throws Error with that message after `timeout` milliseconds
 */
export async function waitFor<T>(
    attempt: () => Promise<T | undefined> | T | undefined,
    describe: () => string,
    { timeout, every = 100 }: { readonly timeout: number; readonly every?: number },
): Promise<T> {
    const deadline = Date.now() + timeout;
    for (;;) {
        const result = await attempt();
        if (result !== undefined) return result;
        if (Date.now() > deadline) throw new Error(describe());
        await sleep(every);
    }
}

function exitOf(child: ChildProcess): Promise<number | string> {
    return new Promise((resolve) => {
        child.on("error", (error: NodeJS.ErrnoException) => {
            resolve(error.code ?? error.message);
        });
        child.on("close", (code, signal) => {
            resolve(code ?? signal ?? "an unknown exit status");
        });
    });
}

async function feed(child: ChildProcess, input: RunOptions["input"]): Promise<void> {
    if (!input || !child.stdin) return;
    child.stdin.on("error", () => undefined);
    if ("file" in input) await pipeline(createReadStream(input.file), child.stdin);
    else child.stdin.end(input.text);
}

/** The last few lines of a stream. */
class Tail {
    private readonly lines: string[] = [];
    private rest = "";

    constructor(private readonly limit: number) {}

    add(chunk: string, onLine: ((line: string) => void) | undefined): void {
        const parts = (this.rest + chunk).split("\n");
        this.rest = parts.pop() ?? "";
        for (const line of parts) {
            this.lines.push(line);
            if (this.lines.length > this.limit) this.lines.shift();
            onLine?.(line);
        }
    }

    text(): string {
        return [...this.lines, this.rest].filter((line) => line.trim() !== "").join("\n");
    }
}

function indent(text: string): string {
    return text
        .split("\n")
        .map((line) => `    ${line}`)
        .join("\n");
}
