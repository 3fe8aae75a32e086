/** Restarts the workloads whose proxies are stale, a few at a time. Can be killed at any time and run again. */
import { setTimeout as pause } from "node:timers/promises";
import { listProxies, type Proxy } from "../../config/proxies";
import { matchesLabels } from "../lib/evaluate/match";
import type { FlaggerTarget, MeshCluster, Workload } from "./cluster";
import { UpgradeError } from "./plan";

export interface RestartOptions {
    readonly namespaces: readonly string[];
    /** How many workloads restart at the same time: restarting all at once would leave too little capacity. */
    readonly batch: number;
    /** Called with one line on progress. */
    readonly log: (line: string) => void;
    /** @default READY_TIMEOUT_MS */
    readonly readyTimeoutMs?: number;
    /** @default 1,000 */
    readonly pollMs?: number;
}

/** A Flagger target that was left alone, because its rollout is in progress. */
export type RolloutInProgress = FlaggerTarget;

export interface RestartReport {
    /** `namespace/name` of the workloads that were restarted. */
    readonly restarted: readonly string[];
    /** Restarting these would start their analysis again, or disturb it. */
    readonly inProgress: readonly RolloutInProgress[];
    /** Stale proxies that no Deployment, StatefulSet, DaemonSet or Job owns. */
    readonly unowned: readonly Proxy[];
    /** Stale proxies in pods of jobs. A restart would break off the run. */
    readonly jobs: readonly Proxy[];
}

/**
 * A gateway behind a load balancer is available only after its target is healthy (up to 180 s), `minReadySeconds` (180 s) and the
 * start of a node.
 */
const READY_TIMEOUT_MS = 900_000;
const PRIMARY_SUFFIX = "-primary";
/** Flagger's phases in which nothing is rolled out. */
const IDLE_PHASES: ReadonlySet<string> = new Set(["Initialized", "Succeeded", "Failed"]);

/**
 * Restarts the workloads that have a proxy of another revision than `to`, or of another version than `to` injects now.
 *
 * A Deployment under Flagger is restarted through its primary, whose template Flagger does not compare: a change of the
 * target's template would start an analysis of each service (fluxcd/flagger, pkg/canary/spec.go, `hasSpecChanged`).
 *
 * @throws UpgradeError if the tag points to another revision, or a workload does not become ready
 */
export async function restartStale(
    cluster: MeshCluster,
    to: string,
    options: RestartOptions,
): Promise<RestartReport> {
    const tagged = await cluster.taggedRevision();
    if (tagged !== to)
        throw new UpgradeError(
            `the revision tag points to ${tagged ?? "no revision"}, so restarted pods would not use ${to}. Deploy the step that moves the tag first.`,
        );
    const image = await cluster.proxyImage(to);
    const isStale = (proxy: Proxy) =>
        proxy.revision !== to || (image !== undefined && proxy.image !== undefined && proxy.image !== image);
    const restarted: string[] = [];
    const inProgress: RolloutInProgress[] = [];
    const unowned: Proxy[] = [];
    const jobs: Proxy[] = [];
    for (const namespace of options.namespaces) {
        const stale = await staleIn(cluster, namespace, isStale);
        unowned.push(...stale.unowned);
        jobs.push(...stale.jobs);
        inProgress.push(...stale.inProgress);
        const { workloads } = stale;
        for (let start = 0; start < workloads.length; start += options.batch) {
            const batch = workloads.slice(start, start + options.batch);
            const names = batch.map(({ name }) => name).join(", ");
            const done = Math.min(start + options.batch, workloads.length);
            options.log(`${namespace}: ${names} (${done} of ${workloads.length})`);
            restarted.push(...(await restartBatch(cluster, namespace, batch, isStale, options)));
        }
    }
    return { restarted, inProgress, unowned, jobs };
}

/** @throws UpgradeError that names every proxy that does not use `to` */
export async function assertAllOn(cluster: MeshCluster, to: string): Promise<void> {
    const others = (await cluster.proxies()).filter(({ revision }) => revision !== to);
    if (others.length === 0) return;
    const { jobs, others: restartable } = byOwner(others);
    throw new UpgradeError(
        [
            ...(restartable.length === 0
                ? []
                : [
                      `these proxies do not use ${to} yet and would lose their control plane. Restart or delete them, then run the command again:`,
                      listProxies(restartable),
                  ]),
            ...(jobs.length === 0
                ? []
                : [
                      `these pods of jobs do not use ${to} yet and would lose their control plane. Wait for the jobs to complete, then run the command again:`,
                      listProxies(jobs),
                  ]),
        ].join("\n"),
    );
}

/** Separates the pods of jobs, which can only be waited for. */
function byOwner(proxies: readonly Proxy[]): { readonly jobs: Proxy[]; readonly others: Proxy[] } {
    return {
        jobs: proxies.filter(({ job }) => job !== undefined),
        others: proxies.filter(({ job }) => job === undefined),
    };
}

interface Stale {
    readonly workloads: readonly Workload[];
    readonly inProgress: readonly RolloutInProgress[];
    readonly unowned: readonly Proxy[];
    readonly jobs: readonly Proxy[];
}

async function staleIn(
    cluster: MeshCluster,
    namespace: string,
    isStale: (proxy: Proxy) => boolean,
): Promise<Stale> {
    const proxies = (await cluster.proxies()).filter((one) => one.namespace === namespace && isStale(one));
    if (proxies.length === 0) return { workloads: [], inProgress: [], unowned: [], jobs: [] };
    const [workloads, targets] = await Promise.all([cluster.workloads(namespace), cluster.flaggerTargets()]);
    const owners = workloads.filter((one) => proxies.some((proxy) => owns(one, proxy)));
    const active = targets.filter((one) => one.namespace === namespace && !IDLE_PHASES.has(one.phase));
    const targetOf = ({ kind, name }: Workload, from: readonly FlaggerTarget[]) =>
        from.find(
            (target) =>
                kind === "Deployment" && (target.name === name || `${target.name}${PRIMARY_SUFFIX}` === name),
        );
    const { jobs, others } = byOwner(proxies.filter((proxy) => !owners.some((owner) => owns(owner, proxy))));
    const inProgress = new Set(owners.flatMap((owner) => targetOf(owner, active) ?? []));
    return {
        // A target outside a rollout has no pods. Those that it may still have are being removed by Flagger.
        workloads: owners.filter((owner) => {
            const target = targetOf(owner, targets);
            return target === undefined || (target.name !== owner.name && !inProgress.has(target));
        }),
        inProgress: [...inProgress],
        unowned: others,
        jobs,
    };
}

/** @returns the workloads that it restarted */
async function restartBatch(
    cluster: MeshCluster,
    namespace: string,
    batch: readonly Workload[],
    isStale: (proxy: Proxy) => boolean,
    options: RestartOptions,
): Promise<string[]> {
    // Also after a kill: a restart that is under way is completed, not started again.
    await waitForRollout(cluster, namespace, batch, options);
    const proxies = (await cluster.proxies()).filter((one) => one.namespace === namespace && isStale(one));
    const stale = batch.filter((one) => proxies.some((proxy) => owns(one, proxy)));
    await Promise.all(stale.map((one) => cluster.restart(one)));
    await waitForRollout(cluster, namespace, stale, options);
    return stale.map(({ name }) => `${namespace}/${name}`);
}

function owns({ namespace, selector }: Workload, proxy: Proxy): boolean {
    // An empty selector is one of expressions only, which no workload here has.
    const selects = Object.keys(selector).length > 0 && matchesLabels(selector, proxy.labels);
    return selects && namespace === proxy.namespace;
}

async function waitForRollout(
    cluster: MeshCluster,
    namespace: string,
    batch: readonly Workload[],
    { readyTimeoutMs = READY_TIMEOUT_MS, pollMs = 1_000 }: RestartOptions,
): Promise<void> {
    if (batch.length === 0) return;
    for (const end = Date.now() + readyTimeoutMs; ;) {
        const now = await cluster.workloads(namespace);
        const open = batch.filter(
            ({ kind, name }) => !now.some((one) => one.kind === kind && one.name === name && one.rolledOut),
        );
        if (open.length === 0) return;
        if (Date.now() > end)
            throw new UpgradeError(
                `${namespace}: ${open.map(({ name }) => name).join(", ")} did not become ready within ${readyTimeoutMs / 1000} s. ` +
                    "The revision tag has moved and the old istiod still runs. Check the pods (kubectl describe pod), then run the command again.",
            );
        await pause(pollMs);
    }
}
