/** The engine without Pulumi's CLI: the same program, applied object by object. */
import { isAbsolute, resolve } from "node:path";
import { PROJECT } from "../../config/load";
import { Applier } from "./apply";
import { converge, type Counts, type World } from "./converge";
import { Helm } from "./helm/helm";
import { Inventory } from "./inventory";
import { ConfigMapStore } from "./inventory-store";
import { type KubeClient } from "./kube/client";
import { Discovery } from "./kube/discovery";
import { Snapshot } from "./kube/snapshot";
import { limited } from "./limit";
import { type Program, startProgram } from "./program/host";
import { engineConfig } from "./program/protocol";
import { assertUnprotected, removeAll, type Removers } from "./prune";
import { holdsOthers, isAwaited } from "./readiness";
import { type Ref } from "./ref";
import { Remover } from "./remove";
import { type KubeObject, type ReleaseRequest } from "./resource";
import { awaitRollouts } from "./rollouts";
import { type DeployOptions, NotReadyError, type ProgressLine, type Target } from "./types";

/** Helm processes at once; each takes a core for a second before it waits. */
const HELM_AT_ONCE = 2;
const READY_TIMEOUT = 300;

/** Starts to load the program; the sooner, the less there is to wait for. */
export function startInProcess({ stack, configEntries, program }: DeployOptions): Program {
    return startProgram({
        program: program ?? resolve(__dirname, "../../index.ts"),
        project: PROJECT,
        stack,
        config: engineConfig(PROJECT, configEntries),
    });
}

/** @throws DeployError with every failure. */
export async function deployInProcess(
    options: DeployOptions,
    client: KubeClient,
    program: Program,
): Promise<{ readonly counts: Counts; readonly warnings: readonly string[] }> {
    const progress = options.progress ?? (() => undefined);
    const cluster = new Cluster(client, options, progress, options.readyTimeout ?? READY_TIMEOUT);
    const inventory = await Inventory.load(new ConfigMapStore(client, options.stack));
    try {
        const counts = await converge(program, inventory, cluster, progress);
        return { counts, warnings: [...cluster.applier.warnings] };
    } finally {
        program.stop();
    }
}

/** @returns how many objects and releases were removed. @throws DeployError where any is protected or will not go. */
export async function destroyInProcess(options: Target, client: KubeClient): Promise<number> {
    const progress = options.progress ?? (() => undefined);
    const cluster = new Cluster(client, options, progress, READY_TIMEOUT);
    const inventory = await Inventory.load(new ConfigMapStore(client, options.stack));
    assertUnprotected(inventory.all(), "this");
    const removed = await removeAll(inventory.all(), cluster, progress);
    await inventory.settle([]);
    return removed;
}

class Cluster implements World, Removers {
    readonly applier: Applier;
    private readonly discovery: Discovery;
    private readonly remover: Remover;
    private readonly helm: Helm;
    private readonly awaited: Ref[] = [];
    private readonly install: (release: ReleaseRequest) => ReturnType<Helm["install"]>;

    constructor(
        private readonly client: KubeClient,
        { tools, kubeconfig, context }: Target,
        private readonly progress: ProgressLine,
        private readonly readyTimeout: number,
    ) {
        this.discovery = new Discovery(client);
        this.remover = new Remover(client, this.discovery);
        this.applier = new Applier(client, this.discovery, new Snapshot(client), this.remover);
        this.helm = new Helm(client, {
            program: tools.helm,
            kubeconfig,
            ...(context === undefined ? {} : { context }),
        });
        this.install = limited(HELM_AT_ONCE, (release: ReleaseRequest) => {
            this.progress(`release ${release.namespace}/${release.name}`);
            return this.helm.install(release);
        });
    }

    async apply(request: Parameters<World["apply"]>[0]): Promise<Awaited<ReturnType<World["apply"]>>> {
        if (request.is === "release") {
            const { release } = request;
            const outcome = await this.install({ ...release, chart: absolute(release.chart) });
            const { name, namespace } = release;
            return { outcome, state: { status: { name, namespace, status: "deployed" } } };
        }
        const awaited = isAwaited(request.object);
        const { outcome, object } = await this.applier.apply(request.object, !request.entry.protect);
        if (holdsOthers(request.object)) await this.untilReady(request.entry);
        else if (awaited) this.awaited.push(request.entry);
        return { outcome, state: withoutManagedFields(object) };
    }

    /** As the Pulumi engine does: what depends on the object comes after it is ready. */
    private async untilReady(entry: Ref): Promise<void> {
        const [failure] = await awaitRollouts(this.client, this.discovery, [entry], {
            timeout: this.readyTimeout,
            progress: () => undefined,
        });
        if (failure !== undefined) throw new NotReadyError(failure);
    }

    awaitReady(): ReturnType<World["awaitReady"]> {
        return awaitRollouts(this.client, this.discovery, this.awaited, {
            timeout: this.readyTimeout,
            progress: this.progress,
        });
    }

    removeObject(ref: Ref): ReturnType<Remover["remove"]> {
        return this.remover.remove(ref);
    }

    untilGone(removal: Parameters<Remover["untilGone"]>[0]): Promise<void> {
        return this.remover.untilGone(removal);
    }

    removeRelease({ namespace = "default", name }: Ref): Promise<boolean> {
        return this.helm.remove({ namespace, name });
    }
}

/** A chart's folder as the Pulumi CLI would read it: from the project's folder, wherever the caller stands. */
function absolute(chart: string): string {
    const isPath = !chart.includes("://") && !isAbsolute(chart);
    return isPath ? resolve(__dirname, "../..", chart) : chart;
}

/** Without what is half of an object's size, and no program reads. */
function withoutManagedFields({ metadata, ...rest }: KubeObject): Record<string, unknown> {
    return { ...rest, metadata: { ...metadata, managedFields: undefined } };
}
