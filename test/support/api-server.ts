/** A real API server with etcd, on loopback, without a cluster: no controller acts on its objects. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ensureToolchain, silentProgress, type Toolchain } from "../../local";
import { KubeClient } from "../../local/engine/kube/client";
import { run } from "../../local/lib/process";
import { toolchainIsComplete } from "../../local/toolchain";
import { freePorts } from "./envoy/program";
import { skip } from "./skip";

const START_MS = 120_000;
const TOKEN = "loopback";

/** The toolchain. Skips the test or suite of `context` if it has not been built: unit tests build nothing. */
export async function requireToolchain(context: Mocha.Context): Promise<Toolchain> {
    if (!(await toolchainIsComplete())) skip(context, "no toolchain; `make up` builds it");
    return await ensureToolchain(silentProgress());
}

export interface RunningApiServer {
    /** The working directory of all programs. */
    readonly folder: string;
    readonly kubeconfig: string;
    /** Runs kubectl. @returns its output; rejects if it fails */
    readonly kubectl: (args: readonly string[], text?: string) => Promise<string>;
    /** Starts another program. @returns a function that throws if the program has ended */
    readonly start: (program: string, args: readonly string[], env?: NodeJS.ProcessEnv) => () => void;
    /** Stops all programs. */
    readonly stop: () => Promise<void>;
}

/** What the hooks and tests of a suite use. */
export interface SuiteApiServer {
    readonly server: RunningApiServer;
    readonly client: KubeClient;
}

/**
 * An API server for the enclosing suite, without objects of `resource` before each test. Skips the suite without the toolchain.
 *
 * @returns the server and a client of it, once the suite's first hooks have run
 */
export function apiServerOfSuite(resource: string): () => SuiteApiServer {
    let running: SuiteApiServer | undefined;
    const get = (): SuiteApiServer => running ?? assert.fail("the API server has not started");
    before(async function () {
        const server = await startApiServer(await requireToolchain(this));
        running = { server, client: KubeClient.fromKubeconfig(server.kubeconfig) };
    });
    // Nothing has started if the suite is skipped.
    after(async () => {
        await running?.client.close();
        await running?.server.stop();
    });
    beforeEach(() => get().server.kubectl(["delete", resource, "--all", "--wait"]));
    return get;
}

export async function startApiServer(toolchain: Toolchain): Promise<RunningApiServer> {
    const folder = await mkdtemp(join(tmpdir(), "sparc-api-server-"));
    const kubeconfig = join(folder, "kubeconfig");
    const children: ChildProcess[] = [];
    const stop = async () => {
        await Promise.all(children.map(ended));
        await rm(folder, { recursive: true, force: true });
    };
    const start = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
        const child = spawn(program, args, {
            cwd: folder,
            env: { ...process.env, ...env },
            stdio: ["ignore", "ignore", "pipe"],
        });
        const stderr = { text: "" };
        child.stderr.on(
            "data",
            (chunk: Buffer) => (stderr.text = `${stderr.text}${chunk.toString()}`.slice(-2000)),
        );
        children.push(child);
        return () => {
            if (child.exitCode !== null) throw new Error(`${program} ended: ${stderr.text}`);
        };
    };
    try {
        const [etcd = 0, peer = 0, port = 0] = await freePorts(3);
        await writeInputs(folder, port);
        start(join(toolchain.debianRoot, "usr/bin/etcd"), etcdFlags(etcd, peer));
        const runs = start(toolchain.program("kube-apiserver"), apiServerFlags(etcd, port));
        const kubectl = async (args: readonly string[], text?: string) => {
            const options = text === undefined ? {} : { input: { text } };
            return await run(toolchain.program("kubectl"), ["--kubeconfig", kubeconfig, ...args], options);
        };
        await eventually(runs, () => kubectl(["get", "namespace", "default"]));
        return { folder, kubeconfig, kubectl, start, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

function etcdFlags(client: number, peer: number): string[] {
    const [clients, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
    return [
        ...["--data-dir", "etcd", "--unsafe-no-fsync"],
        ...["--listen-client-urls", clients, "--advertise-client-urls", clients],
        ...["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers],
        ...["--initial-cluster", `default=${peers}`],
    ];
}

function apiServerFlags(etcd: number, port: number): string[] {
    return [
        `--etcd-servers=http://127.0.0.1:${etcd}`,
        ...[`--secure-port=${port}`, "--bind-address=127.0.0.1", "--cert-dir=certificates"],
        ...["--token-auth-file=tokens.csv", "--authorization-mode=AlwaysAllow"],
        ...["--service-account-issuer=https://loopback", "--service-account-key-file=sa.pub"],
        "--service-account-signing-key-file=sa.key",
        ...["--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount"],
    ];
}

async function writeInputs(folder: string, api: number): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const server = { server: `https://127.0.0.1:${api}`, "insecure-skip-tls-verify": true };
    const kubeconfig = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "loopback", cluster: server }],
        users: [{ name: "loopback", user: { token: TOKEN } }],
        contexts: [{ name: "loopback", context: { cluster: "loopback", user: "loopback" } }],
        "current-context": "loopback",
    };
    await mkdir(join(folder, "certificates"));
    const files = {
        "sa.key": privateKey.export({ type: "pkcs1", format: "pem" }),
        "sa.pub": publicKey.export({ type: "spki", format: "pem" }),
        "tokens.csv": `${TOKEN},test,1,system:masters\n`,
        kubeconfig: JSON.stringify(kubeconfig),
    };
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}

/** Retries `attempt` until it succeeds; `runs` throws if what it waits for has ended. */
export async function eventually(runs: () => void, attempt: () => Promise<unknown>): Promise<void> {
    for (const until = Date.now() + START_MS; ;) {
        try {
            runs();
            await attempt();
            return;
        } catch (error) {
            runs();
            if (Date.now() > until) throw error;
            await pause(200);
        }
    }
}

async function ended(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exit;
}
