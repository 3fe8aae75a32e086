/** A real istiod on loopback, without a cluster: tests compare our readers of Istio objects with the configuration that it generates. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Toolchain } from "../../../local";
import { freePorts } from "../envoy/program";
import { startEmptyApiServer } from "./empty-api-server";

export { requireToolchain } from "../api-server";

const START_MS = 120_000;
const POLL_MS = 50;

/** A Kubernetes object. */
export interface KubernetesObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface ControlPlane {
    /** The port on which istiod serves xDS, in plaintext. */
    readonly xdsPort: number;
    /** The port of istiod's debug pages. */
    readonly debugPort: number;
    stop(): Promise<void>;
}

/**
 * Starts istiod with `objects`, which it reads from files (`configSources` of Istio's MeshConfig): an API server with etcd and
 * Istio's CRDs would take several times as long. istiod has accepted all objects when this returns.
 *
 * @param mesh MeshConfig
 */
export async function startControlPlane(
    toolchain: Toolchain,
    objects: readonly KubernetesObject[],
    mesh: Readonly<Record<string, unknown>>,
): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), "sparc-istiod-"));
    const [xds = 0, http = 0, monitoring = 0] = await freePorts(3);
    const apiServer = await startEmptyApiServer();
    await writeInputs(folder, objects, mesh, apiServer.url);
    const child = spawn(toolchain.program("pilot-discovery"), istiodFlags(xds, http, monitoring), {
        cwd: folder,
        env: { ...process.env, ...ISTIOD_ENV },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    for (const output of [child.stdout, child.stderr])
        output.on("data", (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-4000)));
    const stop = async () => {
        await ended(child);
        await apiServer.stop();
        await rm(folder, { recursive: true, force: true });
    };
    try {
        await eventually(
            async () => (await fetch(`http://127.0.0.1:${http}/ready`)).ok,
            () => {
                if (child.exitCode !== null) throw new Error(`istiod ended: ${log}`);
            },
        );
        const rejected = await unknownObjects(http, objects);
        if (rejected.length > 0) throw new Error(`istiod did not accept ${rejected.join(", ")}: ${log}`);
        return { xdsPort: xds, debugPort: http, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

/** Disables the CA and injection, and all filters that stock Envoy does not have. */
const ISTIOD_ENV = {
    POD_NAME: "istiod",
    POD_NAMESPACE: "istio-system",
    CLUSTER_ID: "Kubernetes",
    ENABLE_CA_SERVER: "false",
    PILOT_CERT_PROVIDER: "none",
    INJECT_ENABLED: "false",
    INJECTION_WEBHOOK_CONFIG_NAME: "",
    VALIDATION_WEBHOOK_CONFIG_NAME: "",
    PILOT_ENABLE_METADATA_EXCHANGE: "false",
    PILOT_ENABLE_ALPN_FILTER: "false",
};

function istiodFlags(xds: number, http: number, monitoring: number): string[] {
    return [
        ...["discovery", "--meshConfig", "mesh.json", "--networksConfig", "none"],
        ...["--kubeconfig", "kubeconfig"],
        ...["--grpcAddr", `127.0.0.1:${xds}`, "--httpAddr", `127.0.0.1:${http}`],
        ...["--monitoringAddr", `127.0.0.1:${monitoring}`, "--secureGRPCAddr", "", "--httpsAddr", ""],
        ...["--ctrlz_port", "0", "--log_output_level", "all:warn"],
    ];
}

/** istiod reads YAML files: JSON is YAML. */
async function writeInputs(
    folder: string,
    objects: readonly KubernetesObject[],
    mesh: Readonly<Record<string, unknown>>,
    server: string,
): Promise<void> {
    const config = join(folder, "config");
    await mkdir(config);
    const documents = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    await writeFile(join(config, "objects.yaml"), documents);
    const configSources = [{ address: pathToFileURL(config).href.replace("file:", "fs:") }];
    const kubeconfig = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "loopback", cluster: { server } }],
        contexts: [{ name: "loopback", context: { cluster: "loopback" } }],
        "current-context": "loopback",
    };
    await writeFile(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
    await writeFile(join(folder, "mesh.json"), JSON.stringify({ ...mesh, configSources }));
}

/** The objects that istiod does not have: it drops its files if one object is invalid, and only logs a warning. */
async function unknownObjects(http: number, objects: readonly KubernetesObject[]): Promise<string[]> {
    const response = await fetch(`http://127.0.0.1:${http}/debug/configz`);
    const accepted = new Set(((await response.json()) as readonly KubernetesObject[]).map(nameOf));
    return objects.map(nameOf).filter((name) => !accepted.has(name));
}

function nameOf({ kind, metadata: { namespace = "", name } }: KubernetesObject): string {
    return `${kind} ${namespace}/${name}`;
}

async function eventually(attempt: () => Promise<boolean>, runs: () => void): Promise<void> {
    for (const until = Date.now() + START_MS; ;) {
        try {
            if (await attempt()) return;
        } catch (error) {
            if (Date.now() > until) throw error;
        }
        runs();
        if (Date.now() > until) throw new Error("istiod is not ready");
        await pause(POLL_MS);
    }
}

async function ended(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exit;
}
