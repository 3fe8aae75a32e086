import { join } from "node:path";

import { digestOf } from "../lib/digest";
import { type Image, images, importMissing, referencesOf } from "../images";
import { withLock } from "../lib/lock";
import { checkMachine } from "./machine";
import { paths } from "../lib/paths";
import { run, waitFor } from "../lib/process";
import type { Job, Progress } from "../lib/progress";
import { ensureToolchain, type Toolchain } from "../toolchain";
import { addonChecks, addons } from "./addons";
import { endProcess, ensureAnchor, runInNode } from "./anchor";
import { type Api, administrator, nodeIsReady, stalePods } from "./api";
import { type ComponentName, components } from "./components";
import { apiServer, configure } from "./configure";
import { nodeEnvironment } from "./environment";
import { raiseLimits } from "./limits";
import {
    ensureVethPair,
    ensureSimulatedRoute,
    freeSubnet,
    hostRoutes,
    type Subnet,
    subnets,
} from "./network";
import { type SimulatedHost, type SimulatedListener, listeners } from "./simulated-external";
import { ensureAuthority, ensureIdentity, identities } from "./pki";
import { type NodeProcess, startTime } from "./processes";
import { describeNode, type RunningNode } from "./running";
import { settings } from "./settings";
import { ensureRecord, type NodeRecord, stateFiles } from "./state";
import { daemonsOf, ensureComponent, type DaemonContext } from "./supervise";

/** The common inputs of a start's steps. */
interface Start {
    readonly state: string;
    readonly toolchain: Toolchain;
    readonly images: readonly Image[];
    readonly record: NodeRecord;
    readonly environment: Readonly<Record<string, string>>;
    readonly simulated: readonly SimulatedListener[];
}

export interface StartOptions {
    readonly progress: Progress;
    /** The external hosts to simulate, under their real names. @default none */
    readonly simulatedHosts?: readonly SimulatedHost[];
    /** The versions of Istio to have images of. @default the main one */
    readonly istioVersions?: readonly string[];
}

/**
 * Starts the node, or the parts of it that do not run, and returns when it is ready with DNS and metrics. Idempotent; it
 * completes a start that was interrupted.
 *
 * @throws UnfitMachineError if the machine cannot run a node, before anything is started
 */
export async function startNode({
    progress,
    simulatedHosts = [],
    istioVersions = [],
}: StartOptions): Promise<RunningNode> {
    await checkMachine();
    const toolchain = await ensureToolchain(progress, istioVersions);
    return withLock(
        "node",
        () => startLocked(toolchain, listeners(simulatedHosts), progress),
        (holder) => {
            progress.note(`Waiting for ${holder}, which is starting or stopping the node.`);
        },
    );
}

async function startLocked(
    toolchain: Toolchain,
    simulated: readonly SimulatedListener[],
    progress: Progress,
): Promise<RunningNode> {
    const { state } = paths();
    const all = await images(toolchain);
    const record = await ensureRecord(state, chooseSubnet);
    const environment = await nodeEnvironment(toolchain);
    const start: Start = { state, toolchain, images: all, record, environment, simulated };
    await progress.run([{ title: "Node", jobs: steps(start) }]);
    return describeNode(state, record, referencesOf(all));
}

/** The steps of a start, in order. Each is idempotent. */
function steps(start: Start): Job[] {
    const { state, toolchain, record, environment, simulated } = start;
    const files = stateFiles(state);
    let context: DaemonContext;
    let ensure: (name: ComponentName) => Promise<boolean>;
    return [
        {
            title: "keys, certificates, configuration",
            run: () => configure(state, record, toolchain, referencesOf(start.images), simulated),
        },
        {
            title: "namespaces and network",
            run: async () => {
                await raiseLimits(state);
                const { process: anchor } = await ensureAnchor(state, toolchain);
                await ensureVethPair(anchor.pid, record.subnet);
                await ensureSimulatedRoute(anchor.pid);
                const api = await administrator(files.pki, apiServer(record));
                context = { anchor, environment, api, log: files.log };
                const desired = await components(
                    record.subnet.node,
                    simulated,
                    files.configuration,
                    toolchain,
                    environment,
                );
                ensure = (name) => ensureComponent(desired[name], context);
            },
        },
        {
            title: "control plane, container runtime, images",
            run: async (report) => {
                const controlPlane = async (): Promise<void> => {
                    await ensure("etcd");
                    await ensure("kube-apiserver");
                    await Promise.all([ensure("kube-controller-manager"), ensure("kube-scheduler")]);
                };
                const runtime = async (): Promise<void> => {
                    await ensure("containerd");
                    await loadImages(start, context.anchor, report);
                };
                await Promise.all([controlPlane(), runtime()]);
            },
        },
        {
            title: "kubelet and kube-proxy",
            run: async () => {
                await Promise.all([ensure("kubelet"), ensure("kube-proxy"), applyAddons(start)]);
                if (simulated.length > 0) await ensure("external-services");
                else
                    for (const process of await daemonsOf("external-services", "standin"))
                        await endProcess(process);
                await waitForNode(context);
            },
        },
        { title: "DNS and metrics", run: (report) => waitForAddons(context.api, report) },
    ];
}

async function chooseSubnet(): Promise<Subnet> {
    const subnet = freeSubnet(await hostRoutes());
    if (subnet) return subnet;
    const tried = subnets.map(({ cidr }) => cidr).join(", ");
    throw new Error(
        `The host has routes to all subnets that the node can use (${tried}). Remove one of the routes.`,
    );
}

/** Imports missing images into containerd. */
async function loadImages(
    start: Start,
    anchor: NodeProcess,
    report: (detail: string) => void,
): Promise<void> {
    const { state, toolchain, environment, record } = start;
    const ctr = [toolchain.program("ctr"), "--address", settings.containerdSocket, "--namespace", "k8s.io"];
    const list = await runInNode(anchor, [...ctr, "images", "list", "--quiet"], environment);
    const load = async (file: string, reference: string): Promise<void> => {
        report(reference);
        const args = ["images", "import", "--snapshotter", record.snapshotter, "-"];
        await runInNode(anchor, [...ctr, ...args], environment, { input: { file } });
    };
    await importMissing(start.images, new Set(list.split("\n")), stateFiles(state).scratch, load);
}

/** Applies the add-ons, by server-side apply. */
async function applyAddons({ state, toolchain, images: all, record, simulated }: Start): Promise<void> {
    const { pki, kubeconfig } = stateFiles(state);
    const identity = identities(record.subnet.node)["metrics-server"];
    if (!identity) throw new Error('The node has no identity "metrics-server".');
    const serving = await ensureIdentity(pki, "metrics-server", identity);
    const [metricsAuthority, kubeletAuthority] = await Promise.all([
        ensureAuthority(pki, "metrics"),
        ensureAuthority(pki, "kubelet"),
    ]);
    const references = referencesOf(all);
    const objects = addons({
        dns: { image: references.coredns, hosts: simulated },
        metrics: {
            image: references.metricsServer,
            serving,
            servingAuthority: metricsAuthority.certificate,
            kubeletAuthority: kubeletAuthority.certificate,
            digest: digestOf([serving.certificate, kubeletAuthority.certificate]),
        },
    });
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    const options = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(state, "kubectl")}`];
    const apply = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=sparc-mesh-node",
        "-f",
        "-",
    ];
    await run(toolchain.program("kubectl"), [...options, ...apply], { input: { text: list } });
}

/** Waits until the node is ready and no pod's status is from before the last reboot. */
async function waitForNode({ anchor, api, log }: DaemonContext): Promise<void> {
    const [kubelet] = await daemonsOf("kubelet", undefined);
    const since = kubelet ? await startTime(kubelet) : Date.now();
    await waitFor(
        async () =>
            (await nodeIsReady(api, settings.nodeName, since).catch(() => false)) ? true : undefined,
        () =>
            `The node is not ready after 90 s. Run "kubectl describe node", or see ${join(log, "kubelet.log")}.`,
        { timeout: 90_000, every: 200 },
    );
    const boot = await startTime(anchor);
    let stale: string[] = [];
    await waitFor(
        async () => {
            stale = await stalePods(api, boot);
            return stale.length === 0 ? true : undefined;
        },
        () => `The kubelet has not updated the status of these pods within 120 s: ${stale.join(", ")}.`,
        { timeout: 120_000, every: 500 },
    );
}

async function waitForAddons(api: Api, report: (detail: string) => void): Promise<void> {
    for (const { name, isUsable } of addonChecks) {
        report(name);
        await waitFor(
            async () => ((await isUsable(api).catch(() => false)) ? true : undefined),
            () => `${name} is not available after 120 s. Run "kubectl -n kube-system describe pods".`,
            { timeout: 120_000, every: 200 },
        );
    }
}
