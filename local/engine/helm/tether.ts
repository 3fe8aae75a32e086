import { spawn } from "node:child_process";
import { type Writable } from "node:stream";
import { CommandError } from "../../lib/process";

/**
 * Runs "$@", and kills it when file descriptor 3 is closed: when the process at its other end ends, in any way. Uses a shell,
 * because Node.js cannot set PR_SET_PDEATHSIG.
 */
const TETHER = `
exec 4<&0
"$@" <&4 3<&- 4<&- & command=$!
( read -r _ <&3; kill -9 $command ) >/dev/null 2>&1 & watcher=$!
wait $command 2>/dev/null; code=$?
kill -9 $watcher 2>/dev/null
exit $code`;

/** How many characters of standard error an error message contains. */
const MAX_STDERR_CHARS = 4000;

export interface TetherOptions {
    readonly env?: NodeJS.ProcessEnv;
    /** Text for standard input. @default none */
    readonly input?: string;
    /** Milliseconds after which the command is killed. */
    readonly timeout: number;
}

/**
 * Runs a command that is killed when this process ends. Otherwise, helm could outlive a killed run and change a release while
 * the next run recovers it.
 *
 * @throws CommandError if it exits with a code other than 0, or is killed
 */
export function runTethered(
    program: string,
    args: readonly string[],
    { env, input, timeout }: TetherOptions,
): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn("/bin/sh", ["-c", TETHER, "sh", program, ...args], {
            stdio: ["pipe", "ignore", "pipe", "pipe"],
            env: env ?? process.env,
        });
        const tether = child.stdio[3] as Writable;
        let stderr = "";
        let late = false;
        const timer = setTimeout(() => {
            late = true;
            tether.end();
        }, timeout);
        const fail = (reason: number | string): void => {
            reject(new CommandError([program, ...args].join(" "), reason, stderr.trim()));
        };
        child.stderr?.on(
            "data",
            (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-MAX_STDERR_CHARS)),
        );
        // Ignore errors of writing to an ended command; its exit code is reported.
        tether.on("error", () => undefined);
        child.stdin?.on("error", () => undefined);
        child.stdin?.end(input);
        child.on("error", (error: NodeJS.ErrnoException) => {
            clearTimeout(timer);
            fail(error.code ?? error.message);
        });
        child.on("close", (code, signal) => {
            clearTimeout(timer);
            tether.end();
            if (code === 0) resolve();
            else
                fail(
                    late
                        ? `a timeout after ${timeout / 1000} s`
                        : (code ?? signal ?? "an unknown exit status"),
                );
        });
    });
}
