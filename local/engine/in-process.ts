/** The in-process engine: runs the program without the Pulumi CLI and applies each object. */
import { isAbsolute, resolve } from "node:path";
import { PROJECT } from "../../config/load";
import { Applier } from "./apply";
import { converge, type Counts, type EngineContext } from "./converge";
import { Helm } from "./helm/helm";
import { Inventory } from "./inventory";
import { ConfigMapStore } from "./inventory-store";
import { type KubeClient } from "./kube/client";
import { Discovery } from "./kube/discovery";
import { Snapshot } from "./kube/snapshot";
import { assertRevisionsUnused } from "./istio-revisions";
import { limited } from "./limit";
import { Patcher } from "./patch";
import { type Program, startProgram } from "./program/host";
import { engineConfig } from "./program/protocol";
import { assertUnprotected, removeAll, type Removers } from "./prune";
import { blocksDependents, isAwaited } from "./readiness";
import { isPatch, patchedRef, type Ref } from "./ref";
import { Remover } from "./remove";
import { type KubeObject, type ReleaseRequest } from "./resource";
import { awaitRollouts } from "./rollouts";
import { type DeployOptions, NotReadyError, type ProgressLine, type StackTarget } from "./types";

/** Concurrent Helm processes; each uses a core for a second before it waits. */
const MAX_HELM_PROCESSES = 2;
const READY_TIMEOUT = 300;

/** Starts loading the program, which takes longest. */
export function startInProcess({ stack, configEntries, program }: DeployOptions): Program {
    return startProgram({
        program: program ?? resolve(__dirname, "../../index.ts"),
        project: PROJECT,
        stack,
        config: engineConfig(PROJECT, configEntries),
    });
}

/** @throws DeployError with all failures. */
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

/** @returns the number of removed objects and releases. @throws DeployError if one is protected or cannot be removed. */
export async function destroyInProcess(options: StackTarget, client: KubeClient): Promise<number> {
    const progress = options.progress ?? (() => undefined);
    const cluster = new Cluster(client, options, progress, READY_TIMEOUT);
    const inventory = await Inventory.load(new ConfigMapStore(client, options.stack));
    assertUnprotected(inventory.all(), "destroying the stack");
    const removed = await removeAll(inventory.all(), cluster, progress);
    await inventory.replaceAll([]);
    return removed;
}

class Cluster implements EngineContext, Removers {
    readonly applier: Applier;
    private readonly discovery: Discovery;
    private readonly remover: Remover;
    private readonly patcher: Patcher;
    private readonly helm: Helm;
    private readonly awaited: Ref[] = [];
    private readonly install: (release: ReleaseRequest) => ReturnType<Helm["install"]>;

    constructor(
        private readonly client: KubeClient,
        { tools, kubeconfig, context }: StackTarget,
        private readonly progress: ProgressLine,
        private readonly readyTimeout: number,
    ) {
        this.discovery = new Discovery(client);
        this.remover = new Remover(client, this.discovery);
        this.patcher = new Patcher(client, this.discovery);
        this.applier = new Applier(client, this.discovery, new Snapshot(client), this.remover);
        this.helm = new Helm(client, {
            program: tools.helm,
            kubeconfig,
            ...(context === undefined ? {} : { context }),
        });
        this.install = limited(MAX_HELM_PROCESSES, (release: ReleaseRequest) => {
            this.progress(`release ${release.namespace}/${release.name}`);
            return this.helm.install(release);
        });
    }

    async apply(
        request: Parameters<EngineContext["apply"]>[0],
    ): Promise<Awaited<ReturnType<EngineContext["apply"]>>> {
        if (request.is === "release") {
            const { release } = request;
            const outcome = await this.install({ ...release, chart: absolute(release.chart) });
            const { name, namespace } = release;
            return { outcome, state: { status: { name, namespace, status: "deployed" } } };
        }
        const awaited = isAwaited(request.object);
        const { outcome, object } =
            request.is === "patch"
                ? await this.patcher.apply(request.object)
                : await this.applier.apply(request.object, !request.entry.protect);
        const ref = isPatch(request.entry) ? patchedRef(request.entry) : request.entry;
        if (blocksDependents(request.object)) await this.waitUntilReady(ref);
        else if (awaited) this.awaited.push(ref);
        return { outcome, state: withoutManagedFields(object) };
    }

    /** As in the Pulumi engine, dependents of the object are applied after it is ready. */
    private async waitUntilReady(entry: Ref): Promise<void> {
        const [failure] = await awaitRollouts(this.client, this.discovery, [entry], {
            timeout: this.readyTimeout,
            progress: () => undefined,
        });
        if (failure !== undefined) throw new NotReadyError(failure);
    }

    awaitReady(): ReturnType<EngineContext["awaitReady"]> {
        return awaitRollouts(this.client, this.discovery, this.awaited, {
            timeout: this.readyTimeout,
            progress: this.progress,
        });
    }

    assertUnused(obsolete: readonly Ref[]): Promise<void> {
        return assertRevisionsUnused(this.client, obsolete);
    }

    removeObject(ref: Ref): ReturnType<Remover["remove"]> {
        return this.remover.remove(ref);
    }

    waitForDeletion(removal: Parameters<Remover["waitForDeletion"]>[0]): Promise<void> {
        return this.remover.waitForDeletion(removal);
    }

    releasePatch(patch: Ref): Promise<boolean> {
        return this.patcher.release(patch);
    }

    removeRelease({ namespace = "default", name }: Ref): Promise<boolean> {
        return this.helm.remove({ namespace, name });
    }
}

/** A chart's folder, relative to the project's folder as in the Pulumi CLI. */
function absolute(chart: string): string {
    const isPath = !chart.includes("://") && !isAbsolute(chart);
    return isPath ? resolve(__dirname, "../..", chart) : chart;
}

/** Managed fields are half of an object's size, and no program reads them. */
function withoutManagedFields({ metadata, ...rest }: KubeObject): Record<string, unknown> {
    return { ...rest, metadata: { ...metadata, managedFields: undefined } };
}
