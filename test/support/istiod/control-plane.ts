/**
 * A real istiod with a real API server and etcd, on loopback, without a cluster: tests compare our readers of Istio objects with the
 * configuration that istiod generates.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ensureToolchain, silentProgress, type Toolchain } from "../../../local";
import { run } from "../../../local/process";
import { toolchainIsComplete } from "../../../local/toolchain";
import { freePorts } from "../envoy/program";
import { skip } from "../skip";

const START_MS = 120_000;
const TOKEN = "loopback";

/** A Kubernetes object. */
export interface KubernetesObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface ControlPlane {
    /** The port on which istiod serves xDS, in plaintext. */
    readonly xdsPort: number;
    stop(): Promise<void>;
}

/** The toolchain. Skips the test or suite of `context` if it has not been built: unit tests build nothing. */
export async function requireToolchain(context: Mocha.Context): Promise<Toolchain> {
    if (!(await toolchainIsComplete())) skip(context, "no toolchain; `make up` builds it");
    return await ensureToolchain(silentProgress());
}

/**
 * Starts all three with `objects`. istiod has read them when this returns.
 *
 * @param mesh MeshConfig
 */
export async function startControlPlane(
    toolchain: Toolchain,
    objects: readonly KubernetesObject[],
    mesh: Readonly<Record<string, unknown>>,
): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), "sparc-istiod-"));
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
        const [etcd = 0, peer = 0, api = 0, xds = 0, http = 0, monitoring = 0] = await freePorts(6);
        await writeInputs(folder, api, mesh);
        start(join(toolchain.debianRoot, "usr/bin/etcd"), etcdFlags(etcd, peer));
        const apiRuns = start(toolchain.program("kube-apiserver"), apiServerFlags(etcd, api));
        const kubectl = (args: readonly string[], text?: string) =>
            run(toolchain.program("kubectl"), ["--kubeconfig", join(folder, "kubeconfig"), ...args], {
                ...(text === undefined ? {} : { input: { text } }),
            });
        await eventually(apiRuns, () => kubectl(["get", "namespace", "default"]));
        await kubectl([
            ...["apply", "--server-side", "--filename"],
            join(toolchain.charts, "base/files/crd-all.gen.yaml"),
        ]);
        await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
        await kubectl(["apply", "--filename", "-"], JSON.stringify(list(namespacesOf(objects))));
        await kubectl(["apply", "--filename", "-"], JSON.stringify(list(objects)));
        const istiodRuns = start(toolchain.program("pilot-discovery"), istiodFlags(xds, http, monitoring), {
            ...ISTIOD_ENV,
        });
        await eventually(istiodRuns, async () => {
            const { ok } = await fetch(`http://127.0.0.1:${http}/ready`);
            if (!ok) throw new Error("istiod is not ready");
        });
        return { xdsPort: xds, stop };
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

function istiodFlags(xds: number, http: number, monitoring: number): string[] {
    return [
        ...[
            "discovery",
            "--kubeconfig",
            "kubeconfig",
            "--meshConfig",
            "mesh.json",
            "--networksConfig",
            "none",
        ],
        ...["--grpcAddr", `127.0.0.1:${xds}`, "--httpAddr", `127.0.0.1:${http}`],
        ...["--monitoringAddr", `127.0.0.1:${monitoring}`, "--secureGRPCAddr", "", "--httpsAddr", ""],
        ...["--ctrlz_port", "0"],
    ];
}

async function writeInputs(folder: string, api: number, mesh: object): Promise<void> {
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
        "mesh.json": JSON.stringify(mesh),
    };
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}

function namespacesOf(objects: readonly KubernetesObject[]): KubernetesObject[] {
    const names = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    return ["istio-system", ...[...names].filter((name) => name !== "istio-system")].map((name) => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
    }));
}

function list(items: readonly KubernetesObject[]): object {
    return { apiVersion: "v1", kind: "List", items };
}

async function eventually(runs: () => void, attempt: () => Promise<unknown>): Promise<void> {
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
