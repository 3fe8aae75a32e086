/** Starts a policy pack as Pulumi's engine does: its own process, found by the port that it prints. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Readable } from "node:stream";
import { Analyzer } from "./protocol";

/** Milliseconds that a pack may take to start. */
const START_TIMEOUT = 180_000;

/** How many characters of what the pack printed are kept for an error's message. */
const OUTPUT_KEPT = 4000;

export interface RunningPack {
    readonly analyzer: Analyzer;
    /** Of the pack's process. */
    readonly pid: number;
    stop(): void;
}

/**
 * Runs the pack in `folder` with the start script of Pulumi's own SDK.
 *
 * @throws Error with what the pack printed, if it ends or says no port.
 */
export async function startPack(folder: string): Promise<RunningPack> {
    const script = join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");
    if (!existsSync(script)) {
        throw new Error(
            `the policy pack's packages are not here: run \`npm ci --prefix ${folder}\` first (make does)`,
        );
    }
    // Pulumi's script takes the engine's address, to which a pack that makes no calls of its own never speaks.
    // The SDK hands every resource to every policy anew, which a larger nursery collects at a fraction of the cost.
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
            printed = (printed + chunk.toString()).slice(-OUTPUT_KEPT);
        };
        child.stderr.on("data", keep);
        const late = setTimeout(() => {
            reject(new Error(`the policy pack said no port for ${START_TIMEOUT / 1000} s\n${printed}`));
        }, START_TIMEOUT);
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
            reject(new Error(`the policy pack ended with ${code ?? signal ?? "?"}\n${printed}`));
        });
    });
}
