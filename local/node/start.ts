import { join } from "node:path";

import { digestOf } from "../digest";
import { type Image, images, importMissing, referencesOf } from "../images";
import { withLock } from "../lock";
import { checkMachine } from "../machine";
import { paths } from "../paths";
import { run, waitFor } from "../process";
import type { Job, Progress } from "../progress";
import { ensureToolchain, type Toolchain } from "../toolchain";
import { addonChecks, addons } from "./addons";
import { endProcess, ensureAnchor, runInNode } from "./anchor";
import { type Api, administrator, nodeIsReady, stalePods } from "./api";
import { type ComponentName, components } from "./components";
import { apiServer, configure } from "./configure";
import { nodeEnvironment } from "./environment";
import { raiseLimits } from "./limits";
import { ensureCable, ensureOutside, freeSubnet, hostRoutes, type Subnet, subnets } from "./network";
import { type OutsideHost, type OutsideListener, listeners } from "./outside";
import { ensureAuthority, ensureIdentity, identities } from "./pki";
import { type NodeProcess, startTime } from "./processes";
import { describeNode, type RunningNode } from "./running";
import { settings } from "./settings";
import { ensureRecord, type NodeRecord, stateFiles } from "./state";
import { daemonsOf, ensureComponent, type Surroundings } from "./supervise";

/** All that the steps of a start share. */
interface Start {
    readonly state: string;
    readonly toolchain: Toolchain;
    readonly images: readonly Image[];
    readonly record: NodeRecord;
    readonly environment: Readonly<Record<string, string>>;
    readonly outside: readonly OutsideListener[];
}

export interface StartOptions {
    readonly progress: Progress;
    /** What the node plays of the world outside, under its real names. @default nothing */
    readonly outside?: readonly OutsideHost[];
}

/**
 * Starts the node, or whatever of it does not run, and returns when it is ready with DNS and metrics.
 * Doing it again changes nothing; what was interrupted at any point is completed.
 *
 * @throws UnfitMachineError before anything is started, where the machine cannot run a node
 */
export async function startNode({ progress, outside = [] }: StartOptions): Promise<RunningNode> {
    await checkMachine();
    const toolchain = await ensureToolchain(progress);
    return withLock(
        "node",
        () => startLocked(toolchain, listeners(outside), progress),
        (holder) => {
            progress.note(`Waiting for ${holder}, which is starting or stopping the node.`);
        },
    );
}

async function startLocked(
    toolchain: Toolchain,
    outside: readonly OutsideListener[],
    progress: Progress,
): Promise<RunningNode> {
    const { state } = paths();
    const all = await images(toolchain);
    const record = await ensureRecord(state, chooseSubnet);
    const environment = await nodeEnvironment(toolchain);
    const start: Start = { state, toolchain, images: all, record, environment, outside };
    await progress.run([{ title: "Node", jobs: steps(start) }]);
    return describeNode(state, record, referencesOf(all));
}

/** The steps of a start, in order. Each does only what is missing. */
function steps(start: Start): Job[] {
    const { state, toolchain, record, environment, outside } = start;
    const files = stateFiles(state);
    let surroundings: Surroundings;
    let ensure: (name: ComponentName) => Promise<boolean>;
    return [
        {
            title: "keys, certificates, configuration",
            run: () => configure(state, record, toolchain, referencesOf(start.images), outside),
        },
        {
            title: "namespaces and network",
            run: async () => {
                await raiseLimits(state);
                const { process: anchor } = await ensureAnchor(state, toolchain);
                await ensureCable(anchor.pid, record.subnet);
                await ensureOutside(anchor.pid);
                const api = await administrator(files.pki, apiServer(record));
                surroundings = { anchor, environment, api, log: files.log };
                const wanted = await components(
                    record.subnet.node,
                    outside,
                    files.configuration,
                    toolchain,
                    environment,
                );
                ensure = (name) => ensureComponent(wanted[name], surroundings);
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
                    await loadImages(start, surroundings.anchor, report);
                };
                await Promise.all([controlPlane(), runtime()]);
            },
        },
        {
            title: "kubelet and kube-proxy",
            run: async () => {
                await Promise.all([ensure("kubelet"), ensure("kube-proxy"), applyAddons(start)]);
                if (outside.length > 0) await ensure("outside");
                else for (const process of await daemonsOf("outside", "standin")) await endProcess(process);
                await waitForNode(surroundings);
            },
        },
        { title: "DNS and metrics", run: (report) => waitForAddons(surroundings.api, report) },
    ];
}

async function chooseSubnet(): Promise<Subnet> {
    const subnet = freeSubnet(await hostRoutes());
    if (subnet) return subnet;
    const tried = subnets.map(({ cidr }) => cidr).join(", ");
    throw new Error(
        `The host has routes to all subnets that the node could use (${tried}). Remove one of them.`,
    );
}

/** Imports the images that containerd does not have. */
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

/** Applies the add-ons; the API server leaves those alone that have not changed. */
async function applyAddons({ state, toolchain, images: all, record, outside }: Start): Promise<void> {
    const { pki, kubeconfig } = stateFiles(state);
    const identity = identities(record.subnet.node)["metrics-server"];
    if (!identity) throw new Error("There is no metrics-server among the node's certificates.");
    const serving = await ensureIdentity(pki, "metrics-server", identity);
    const [metricsAuthority, kubeletAuthority] = await Promise.all([
        ensureAuthority(pki, "metrics"),
        ensureAuthority(pki, "kubelet"),
    ]);
    const references = referencesOf(all);
    const objects = addons({
        dns: { image: references.coredns, hosts: outside },
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

/** Waits until the node is ready and nothing is said of its pods that was true only before it was switched off. */
async function waitForNode({ anchor, api, log }: Surroundings): Promise<void> {
    const [kubelet] = await daemonsOf("kubelet", undefined);
    const since = kubelet ? await startTime(kubelet) : Date.now();
    await waitFor(
        async () =>
            (await nodeIsReady(api, settings.nodeName, since).catch(() => false)) ? true : undefined,
        () =>
            `The node is not ready after 90 s. "kubectl describe node" says why, or ${join(log, "kubelet.log")}.`,
        { timeout: 90_000, every: 200 },
    );
    const boot = await startTime(anchor);
    let stale: string[] = [];
    await waitFor(
        async () => {
            stale = await stalePods(api, boot);
            return stale.length === 0 ? true : undefined;
        },
        () => `kubelet has not come round to these pods in 120 s: ${stale.join(", ")}.`,
        { timeout: 120_000, every: 500 },
    );
}

async function waitForAddons(api: Api, report: (detail: string) => void): Promise<void> {
    for (const { name, isUsable } of addonChecks) {
        report(name);
        await waitFor(
            async () => ((await isUsable(api).catch(() => false)) ? true : undefined),
            () => `${name} cannot be used after 120 s. "kubectl -n kube-system describe pods" says why.`,
            { timeout: 120_000, every: 200 },
        );
    }
}
