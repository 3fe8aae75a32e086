/** Applications in separate processes on loopback. */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../support/envoy/program";

/** Long enough for a JVM on a busy machine. */
const START_MS = 60_000;

/** An application of one ecosystem, as a command that takes its port as the last argument. */
export interface RouterProgram {
    /** Its name in the header `x-read-by`. */
    readonly name: string;
    /** Matches the body of an error that its server returns before the application gets the request. @default none */
    readonly serverError?: RegExp;
    readonly command: string;
    readonly args: readonly string[];
}

export interface RunningRouter {
    readonly port: number;
    stop(): Promise<void>;
}

/** Starts the application, and returns once it accepts connections. */
export async function startRouter({ name, command, args }: RouterProgram): Promise<RunningRouter> {
    const [port = 0] = await freePorts(1);
    const child = spawn(command, [...args, String(port)], { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-4000)));
    const exit = new Promise<void>((resolve) => {
        child.once("exit", () => {
            resolve();
        });
        child.once("error", (error) => {
            errors = `${errors}${error.message}`;
            resolve();
        });
    });
    const stop = async () => {
        child.kill("SIGKILL");
        await exit;
    };
    const until = Date.now() + START_MS;
    while (!(await accepts(port))) {
        if (child.exitCode !== null || Date.now() > until) {
            await stop();
            throw new Error(`the application ${name} did not start: ${errors}`);
        }
        await sleep(100);
    }
    return { port, stop };
}

function accepts(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.once("connect", () => {
            socket.destroy();
            resolve(true);
        });
        socket.once("error", () => {
            resolve(false);
        });
    });
}
