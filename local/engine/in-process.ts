/** The in-process engine: runs the program without the Pulumi CLI and applies each object. */
import { isAbsolute, resolve } from "node:path";
import { PROJECT } from "../../config/load";
import { Applier, type ApplyOutcome } from "./apply";
import { converge, type Counts, type EngineContext } from "./converge";
import { Helm } from "./helm/helm";
import { restoreRelease } from "./helm/restore";
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
import { describeRef, isPatch, keyOf, patchedRef, type Ref } from "./ref";
import { Remover } from "./remove";
import type { KubeObject } from "../lib/kube-object";
import { refOf, type ReleaseRequest, type ResourceRequest } from "./resource";
import { type Clock, retrying, systemClock } from "./retry";
import { awaitRollouts } from "./rollouts";
import { LiveSubsets } from "./subsets";
import {
    type DeployOptions,
    type Failure,
    NotReadyError,
    type ProgressLine,
    type StackTarget,
} from "./types";

/** Concurrent Helm processes; each uses a core for a second before it waits. */
const MAX_HELM_PROCESSES = 2;
const READY_TIMEOUT = 300;
/** The longest time for which istiod collects changes before it sends them to proxies (PILOT_DEBOUNCE_MAX). */
const PROPAGATION_MS = 10_000;

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
    options: DeployOptions & { readonly clock?: Clock },
    client: KubeClient,
    program: Program,
): Promise<{ readonly counts: Counts; readonly warnings: readonly string[] }> {
    const progress = options.progress ?? (() => undefined);
    const cluster = new Cluster(
        client,
        options,
        progress,
        options.readyTimeout ?? READY_TIMEOUT,
        options.clock ?? systemClock,
    );
    const inventory = await openInventory(client, options);
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
    const cluster = new Cluster(client, options, progress, READY_TIMEOUT, systemClock);
    const inventory = await openInventory(client, options);
    assertUnprotected(inventory.all(), "destroying the stack");
    const removed = await removeAll(inventory.all(), inventory.all(), cluster, progress);
    await inventory.replaceAll([]);
    return removed;
}

async function openInventory(client: KubeClient, { stack }: StackTarget): Promise<Inventory> {
    const store = new ConfigMapStore(client, stack);
    return Inventory.load(store, { claimedBy: await store.claims() });
}

class Cluster implements EngineContext, Removers {
    readonly applier: Applier;
    private readonly discovery: Discovery;
    private readonly remover: Remover;
    private readonly patcher: Patcher;
    private readonly helm: Helm;
    private readonly subsets: LiveSubsets;
    /** By key. */
    private readonly awaited = new Map<string, Ref>();
    /** DestinationRules without the subsets that they keep until all routes are applied. */
    private readonly narrowed: Extract<ResourceRequest, { is: "object" }>[] = [];
    private readonly install: (release: ReleaseRequest) => Promise<ApplyOutcome>;

    constructor(
        private readonly client: KubeClient,
        { tools, kubeconfig, context }: StackTarget,
        private readonly progress: ProgressLine,
        private readonly readyTimeout: number,
        private readonly clock: Clock,
    ) {
        this.discovery = new Discovery(client);
        this.remover = new Remover(client, this.discovery);
        this.patcher = new Patcher(client, this.discovery);
        this.subsets = new LiveSubsets(client, this.discovery, clock);
        this.applier = new Applier(client, this.discovery, new Snapshot(client), this.remover);
        this.helm = new Helm(client, {
            program: tools.helm,
            kubeconfig,
            ...(context === undefined ? {} : { context }),
        });
        this.install = limited(MAX_HELM_PROCESSES, (release: ReleaseRequest) => {
            this.progress(`release ${release.namespace}/${release.name}`);
            return this.installOrRestore(release);
        });
    }

    private async installOrRestore(release: ReleaseRequest): Promise<ApplyOutcome> {
        const { outcome, revision } = await this.helm.install(release);
        if (revision === undefined) return outcome;
        const restored = await retrying(
            () => restoreRelease(this.client, this.discovery, release, revision),
            this.clock,
        );
        if (restored.length === 0) return outcome;
        const refs = restored.map(refOf);
        this.applier.warnings.add(
            `release ${release.namespace}/${release.name}: ${refs.map(describeRef).join(", ")} had been changed; restored`,
        );
        if (release.wait) {
            for (const ref of restored.filter(isAwaited).map(refOf)) this.awaited.set(keyOf(ref), ref);
        }
        return "updated";
    }

    async apply(
        request: Parameters<EngineContext["apply"]>[0],
        dependsOn: readonly string[],
    ): Promise<Awaited<ReturnType<EngineContext["apply"]>>> {
        const before = dependsOn.flatMap((key) => this.awaited.get(key) ?? []);
        await this.waitUntilReady(before, ({ what, message }) => `waits for ${what}: ${message}`);
        if (request.is === "release") {
            const { release } = request;
            const outcome = await this.install({ ...release, chart: absolute(release.chart) });
            const { name, namespace } = release;
            return { outcome, state: { status: { name, namespace, status: "deployed" } } };
        }
        const awaited = isAwaited(request.object);
        const widened = await this.subsets.withRemoved(request.object);
        if (widened !== undefined && request.is === "object") this.narrowed.push(request);
        const applied =
            request.is === "patch"
                ? await this.patcher.apply(request.object)
                : await this.applier.apply(widened ?? request.object, !request.entry.protect);
        const { object } = applied;
        const outcome = widened === undefined ? applied.outcome : "updated";
        const ref = isPatch(request.entry) ? patchedRef(request.entry) : request.entry;
        if (blocksDependents(request.object)) await this.waitUntilReady([ref], ({ message }) => message);
        else if (awaited) this.awaited.set(keyOf(request.entry), ref);
        return { outcome, state: withoutManagedFields(object) };
    }

    /** As in the Pulumi engine, what depends on an object is applied after the object is ready. */
    private async waitUntilReady(
        refs: readonly Ref[],
        describe: (failure: Failure) => string,
    ): Promise<void> {
        const [failure] = await awaitRollouts(this.client, this.discovery, refs, {
            timeout: this.readyTimeout,
            progress: () => undefined,
        });
        if (failure !== undefined) throw new NotReadyError({ ...failure, message: describe(failure) });
    }

    awaitReady(): ReturnType<EngineContext["awaitReady"]> {
        return awaitRollouts(this.client, this.discovery, [...this.awaited.values()], {
            timeout: this.readyTimeout,
            progress: this.progress,
        });
    }

    assertUnused(obsolete: readonly Ref[]): Promise<void> {
        return assertRevisionsUnused(this.client, obsolete);
    }

    async finish(): Promise<void> {
        if (this.narrowed.length === 0) return;
        this.progress("waiting until no route names the removed versions");
        await this.clock.sleep(PROPAGATION_MS);
        for (const { object, entry } of this.narrowed) await this.applier.apply(object, !entry.protect);
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
