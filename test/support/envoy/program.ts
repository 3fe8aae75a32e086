/** A real Envoy on loopback: the toolchain's, which runs without the local cluster. */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../../../local/lib/paths";
import { envoy as envoyPart } from "../../../local/toolchain/packages";
import { storedPart } from "../../../local/toolchain/store";
import { skip } from "../skip";

const CHECKOUT = join(__dirname, "..", "..", "..");
const START_MS = 20_000;

/** The path of the toolchain's Envoy, or undefined if no toolchain has been built. */
export async function envoyProgram(): Promise<string | undefined> {
    const stored = await storedPart(paths().cache, await envoyPart(CHECKOUT));
    return stored === undefined ? undefined : join(stored.folder, "envoy", "_bin", "envoy");
}

/** Skips the suite, and reports it, if Envoy is missing. Call it in a `before` hook. */
export async function requireEnvoy(context: Mocha.Context): Promise<string> {
    const program = await envoyProgram();
    if (program !== undefined) return program;
    // CI builds the toolchain first: there, a missing Envoy fails the suite.
    if (process.env["MESH_REQUIRE_ENVOY"] === "1") throw new Error("the toolchain contains no Envoy");
    skip(context, "no Envoy; `make up` builds it");
}

export interface RunningEnvoy {
    stop(): Promise<void>;
}

/** Starts Envoy with `bootstrap`, and returns once `port` accepts connections. */
export async function startEnvoy(
    program: string,
    bootstrap: Record<string, unknown>,
    port: number,
    address = "127.0.0.1",
): Promise<RunningEnvoy> {
    const executable = await executableCopy(program);
    const folder = await mkdtemp(join(tmpdir(), "sparc-envoy-"));
    await writeFile(join(folder, "envoy.json"), JSON.stringify(bootstrap));
    const options = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"];
    const child = spawn(executable, ["-c", join(folder, "envoy.json"), ...options], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-4000)));
    const stop = async () => {
        await ended(child);
        await rm(folder, { recursive: true, force: true });
    };
    const until = Date.now() + START_MS;
    while (!(await accepts(port, address))) {
        if (child.exitCode !== null || Date.now() > until) {
            await stop();
            throw new Error(`Envoy did not start: ${errors}`);
        }
        await sleep(50);
    }
    return { stop };
}

let copy: Promise<string> | undefined;

/** The toolchain's Envoy lacks the executable bit. One copy for all Envoys of this process: the file has more than 100 MB. */
function executableCopy(program: string): Promise<string> {
    copy ??= copyExecutable(program);
    return copy;
}

async function copyExecutable(program: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "sparc-envoy-program-"));
    process.once("exit", () => {
        rmSync(folder, { recursive: true, force: true });
    });
    const executable = join(folder, "envoy");
    await copyFile(program, executable);
    await chmod(executable, 0o700);
    return executable;
}

async function ended(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null) return;
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exit;
}

function accepts(port: number, address: string): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, address);
        socket.once("connect", () => {
            socket.destroy();
            resolve(true);
        });
        socket.once("error", () => {
            resolve(false);
        });
    });
}

/** Free ports on loopback. */
export async function freePorts(count: number): Promise<number[]> {
    const servers = Array.from({ length: count }, () => createServer());
    await Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    );
    const ports = servers.map((server) => (server.address() as AddressInfo).port);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    return ports;
}
