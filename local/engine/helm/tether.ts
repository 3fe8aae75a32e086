import { spawn } from "node:child_process";
import { type Writable } from "node:stream";
import { CommandError } from "../../process";

/**
 * Runs "$@" and kills it as soon as descriptor 3 ends, which it does with the process at its other end, however that
 * goes. A shell, because the kernel's own way (PR_SET_PDEATHSIG) is closed to Node.
 */
const TETHER = `
exec 4<&0
"$@" <&4 3<&- 4<&- & command=$!
( read -r _ <&3; kill -9 $command ) >/dev/null 2>&1 & watcher=$!
wait $command 2>/dev/null; code=$?
kill -9 $watcher 2>/dev/null
exit $code`;

/** Characters of standard error that are kept for the error. */
const KEPT = 4000;

export interface TetherOptions {
    readonly env?: NodeJS.ProcessEnv;
    /** Text for standard input. @default none */
    readonly input?: string;
    /** Milliseconds after which the command is killed. */
    readonly timeout: number;
}

/**
 * Runs a command that ends with this process. helm must: one that outlives a killed run would go on changing a
 * release that the next run is about to mend.
 *
 * @throws CommandError when it ends with anything but 0, or has to be killed
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
        child.stderr?.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-KEPT)));
        // Both may have gone before they are written to or closed; how the command ended says enough.
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
            else fail(late ? `no end within ${timeout / 1000} s` : (code ?? signal ?? "an unknown end"));
        });
    });
}
