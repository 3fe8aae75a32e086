/** Starts a policy pack as Pulumi's engine does: a process that prints the port of its gRPC server. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Readable } from "node:stream";
import { Analyzer } from "./protocol";

/** Time limit for the pack to start. */
const START_TIMEOUT_MS = 180_000;

/** How many characters of the pack's output an error message contains. */
const MAX_OUTPUT = 4000;

export interface RunningPack {
    readonly analyzer: Analyzer;
    /** Process ID of the pack. */
    readonly pid: number;
    stop(): void;
}

/**
 * Runs the pack in `folder` with the start script of Pulumi's SDK.
 *
 * @throws Error with the pack's output, if it exits or prints no port
 */
export async function startPack(folder: string): Promise<RunningPack> {
    const script = join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");
    if (!existsSync(script)) {
        throw new Error(
            `npm packages of the policy pack are missing. Run \`npm ci --prefix ${folder}\` first.`,
        );
    }
    // Pulumi's script requires the engine's address, but the pack never calls the engine. // The SDK copies every
    // resource for every policy: a larger young generation reduces the cost of garbage collection.
    const child = spawn(process.execPath, ["--max-semi-space-size=64", script, "127.0.0.1:0", "."], {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const stop = (): void => void child.kill("SIGKILL");
    process.once("exit", stop);
    try {
        const analyzer = new Analyzer(await portOf(child));
        return {
            analyzer,
            pid: child.pid ?? 0,
            stop: () => {
                analyzer.close();
                process.removeListener("exit", stop);
                stop();
            },
        };
    } catch (error) {
        stop();
        throw error;
    }
}

function portOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<number> {
    return new Promise((resolve, reject) => {
        let printed = "";
        const keep = (chunk: Buffer): void => {
            printed = (printed + chunk.toString()).slice(-MAX_OUTPUT);
        };
        child.stderr.on("data", keep);
        const late = setTimeout(() => {
            reject(
                new Error(`the policy pack printed no port within ${START_TIMEOUT_MS / 1000} s\n${printed}`),
            );
        }, START_TIMEOUT_MS);
        createInterface(child.stdout).on("line", (line) => {
            if (!/^\d+$/.test(line.trim())) {
                keep(Buffer.from(`${line}\n`));
                return;
            }
            clearTimeout(late);
            resolve(Number(line.trim()));
        });
        child.on("error", reject);
        child.on("exit", (code, signal) => {
            clearTimeout(late);
            reject(new Error(`the policy pack exited with ${code ?? signal ?? "?"}\n${printed}`));
        });
    });
}
