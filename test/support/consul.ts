/** A real Consul server in development mode, on loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { storedConsul } from "../../local/toolchain/consul";
import { freePorts } from "./envoy/program";
import { skip } from "./skip";

const START_MS = 60_000;

/** The program. Skips the test or suite of `context` if it has not been built: unit tests build nothing. */
export async function requireConsul(context: Mocha.Context): Promise<string> {
    return (await storedConsul()) ?? skip(context, "no Consul; `npm run toolchain:consul` builds it");
}

export interface RunningConsul {
    readonly url: string;
    /** Only with `tls` in the configuration. */
    readonly httpsUrl: string;
    /** The port of the WAN gossip, to join another datacenter. */
    readonly wanPort: number;
    readonly put: (path: string, body: unknown, token?: string) => Promise<unknown>;
    readonly get: (path: string, token?: string) => Promise<unknown>;
    readonly remove: (path: string) => Promise<unknown>;
    /** Resolves an address by Consul's DNS. */
    readonly resolve: (name: string) => Promise<readonly string[]>;
    readonly stop: () => Promise<void>;
}

/**
 * @param config more of the agent's configuration
 * @param token for readiness and requests, if ACLs are enabled
 */
export async function startConsul(
    program: string,
    { datacenter = "dc1", config = {}, token }: { datacenter?: string; config?: object; token?: string } = {},
): Promise<RunningConsul> {
    const folder = await mkdtemp(join(tmpdir(), "sparc-consul-"));
    const [http = 0, rpc = 0, lan = 0, wan = 0, grpc = 0, grpcTls = 0, dns = 0, tls = 0] = await freePorts(8);
    const https = "tls" in config ? tls : -1;
    const file = join(folder, "config.json");
    const ports = {
        http,
        server: rpc,
        serf_lan: lan,
        serf_wan: wan,
        grpc,
        grpc_tls: grpcTls,
        dns,
        https,
    };
    await writeFile(
        file,
        JSON.stringify({
            datacenter,
            node_name: `server-${datacenter}`,
            ports,
            disable_update_check: true,
            enable_script_checks: true,
            ...config,
        }),
    );
    const child = spawn(
        program,
        ["agent", "-dev", "-client=127.0.0.1", "-bind=127.0.0.1", "-log-level=warn", `-config-file=${file}`],
        { stdio: ["ignore", "pipe", "pipe"] },
    );
    const output = { text: "" };
    for (const stream of [child.stdout, child.stderr])
        stream.on(
            "data",
            (chunk: Buffer) => (output.text = `${output.text}${chunk.toString()}`.slice(-4000)),
        );
    const stop = async (): Promise<void> => {
        await ended(child);
        await rm(folder, { recursive: true, force: true });
    };
    const url = `http://127.0.0.1:${http}`;
    const call = async (method: string, path: string, body?: unknown, given = token): Promise<unknown> => {
        const response = await fetch(`${url}${path}`, {
            method,
            headers: given === undefined ? {} : { "X-Consul-Token": given },
            ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
        return text.startsWith("{") || text.startsWith("[") || text.startsWith('"') ? JSON.parse(text) : text;
    };
    try {
        const deadline = Date.now() + START_MS;
        for (;;) {
            if (child.exitCode !== null) throw new Error(`Consul ended: ${output.text}`);
            const nodes = await call("GET", "/v1/catalog/nodes").catch(() => []);
            if (Array.isArray(nodes) && nodes.length > 0) break;
            if (Date.now() > deadline) throw new Error(`Consul is not ready: ${output.text}`);
            await pause(100);
        }
    } catch (error) {
        await stop();
        throw error;
    }
    return {
        url,
        httpsUrl: `https://127.0.0.1:${https}`,
        wanPort: wan,
        put: (path, body, given) => call("PUT", path, body, given),
        get: (path, given) => call("GET", path, undefined, given),
        remove: (path) => call("DELETE", path),
        resolve: (name) => {
            const resolver = new Resolver({ timeout: 2000, tries: 1 });
            resolver.setServers([`127.0.0.1:${dns}`]);
            return resolver.resolve4(name);
        },
        stop,
    };
}

async function ended(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exit;
}
