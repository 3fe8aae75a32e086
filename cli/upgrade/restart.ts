/** Restarts workloads in the mesh, and checks which revision their proxies use. */
import { setTimeout as pause } from "node:timers/promises";
import {
    AppsV1Api,
    CoreV1Api,
    type KubeConfig,
    PatchStrategy,
    type V1ObjectMeta,
    setHeaderOptions,
} from "@kubernetes/client-node";
import { matchesLabels } from "../explain/evaluate/match";
import { UpgradeError } from "./plan";

/** Set by injection on every pod that has a proxy. */
const REVISION = "istio.io/rev";
/** As `kubectl rollout restart` does. */
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";
/** Restarting all workloads at once would leave too little capacity for requests. */
const MAX_CONCURRENT = 4;
const READY_TIMEOUT_MS = 300_000;
const POLL_MS = 1_000;

interface Workload {
    readonly kind: "Deployment" | "StatefulSet" | "DaemonSet";
    readonly namespace: string;
    readonly name: string;
    readonly selector: Readonly<Record<string, string>>;
    /** Whether all pods are available and run the newest template. */
    readonly rolledOut: boolean;
}

interface Proxy {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly revision: string;
}

/** Every pod that has a proxy and is not terminating. */
export async function proxies(cluster: KubeConfig): Promise<Proxy[]> {
    const { items } = await cluster.makeApiClient(CoreV1Api).listPodForAllNamespaces();
    return items.flatMap(({ metadata }) => {
        const revision = metadata?.annotations?.[REVISION];
        if (revision === undefined || metadata?.deletionTimestamp !== undefined) return [];
        return [
            {
                namespace: metadata?.namespace ?? "",
                name: metadata?.name ?? "",
                labels: metadata?.labels ?? {},
                revision,
            },
        ];
    });
}

/** @throws UpgradeError that lists every proxy of another revision than `to` */
export async function assertAllOn(cluster: KubeConfig, to: string): Promise<void> {
    const outdated = (await proxies(cluster)).filter(({ revision }) => revision !== to);
    if (outdated.length === 0) return;
    const names = outdated.map(({ namespace, name, revision }) => `  ${namespace}/${name} (${revision})`);
    throw new UpgradeError(
        `these proxies do not use ${to} yet and would lose their control plane. Restart their workloads:\n${names.join("\n")}`,
    );
}

/**
 * Restarts the workloads that have a pod of another revision, a few at a time; resolves once all are available again.
 */
export async function restartOnto(
    cluster: KubeConfig,
    to: string,
    namespaces: readonly string[],
    log: (line: string) => void,
): Promise<void> {
    for (const namespace of namespaces) {
        const workloads = await workloadsIn(cluster, namespace);
        const outdated = (await proxies(cluster)).filter(
            (proxy) => proxy.namespace === namespace && proxy.revision !== to,
        );
        const stale = workloads.filter(({ selector }) =>
            outdated.some(({ labels }) => matchesLabels(selector, labels)),
        );
        for (let start = 0; start < stale.length; start += MAX_CONCURRENT) {
            const wave = stale.slice(start, start + MAX_CONCURRENT);
            log(`${namespace}: ${wave.map(({ name }) => name).join(", ")}`);
            await Promise.all(wave.map((workload) => restart(cluster, workload)));
            await waitForRollout(cluster, wave);
        }
    }
}

async function restart(cluster: KubeConfig, { kind, namespace, name }: Workload): Promise<void> {
    const api = cluster.makeApiClient(AppsV1Api);
    const annotations = { [RESTARTED_AT]: new Date().toISOString() };
    const body = { spec: { template: { metadata: { annotations } } } };
    const options = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
    const what = { namespace, name, body };
    switch (kind) {
        case "Deployment":
            await api.patchNamespacedDeployment(what, options);
            break;
        case "StatefulSet":
            await api.patchNamespacedStatefulSet(what, options);
            break;
        case "DaemonSet":
            await api.patchNamespacedDaemonSet(what, options);
    }
}

async function waitForRollout(cluster: KubeConfig, wave: readonly Workload[]): Promise<void> {
    const [first] = wave;
    if (first === undefined) return;
    for (const end = Date.now() + READY_TIMEOUT_MS; ;) {
        const now = await workloadsIn(cluster, first.namespace);
        const open = wave.filter(
            ({ kind, name }) => !now.some((one) => one.kind === kind && one.name === name && one.rolledOut),
        );
        if (open.length === 0) return;
        if (Date.now() > end)
            throw new UpgradeError(
                `${first.namespace}: ${open.map(({ name }) => name).join(", ")} did not become ready within ${READY_TIMEOUT_MS / 1000} s. ` +
                    "The revision tag has moved and the old istiod still runs. Check the pods (kubectl describe pod), then run the command again.",
            );
        await pause(POLL_MS);
    }
}

async function workloadsIn(cluster: KubeConfig, namespace: string): Promise<Workload[]> {
    const api = cluster.makeApiClient(AppsV1Api);
    const [deployments, statefulSets, daemonSets] = await Promise.all([
        api.listNamespacedDeployment({ namespace }),
        api.listNamespacedStatefulSet({ namespace }),
        api.listNamespacedDaemonSet({ namespace }),
    ]);
    const seen = (metadata?: V1ObjectMeta, status?: { observedGeneration?: number }) =>
        (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
    return [
        ...deployments.items.map(({ metadata, spec, status }): Workload => {
            const desired = spec?.replicas ?? 1;
            const updated = status?.updatedReplicas ?? 0;
            const rolledOut =
                seen(metadata, status) &&
                updated >= desired &&
                (status?.replicas ?? 0) <= updated &&
                (status?.availableReplicas ?? 0) >= desired;
            return workload("Deployment", metadata, spec?.selector.matchLabels, rolledOut);
        }),
        ...statefulSets.items.map(({ metadata, spec, status }): Workload => {
            const desired = spec?.replicas ?? 1;
            const rolledOut =
                seen(metadata, status) &&
                (status?.readyReplicas ?? 0) >= desired &&
                ((status?.updatedReplicas ?? 0) >= desired ||
                    status?.currentRevision === status?.updateRevision);
            return workload("StatefulSet", metadata, spec?.selector.matchLabels, rolledOut);
        }),
        ...daemonSets.items.map(({ metadata, spec, status }): Workload => {
            const desired = status?.desiredNumberScheduled ?? 0;
            const rolledOut =
                seen(metadata, status) &&
                (status?.updatedNumberScheduled ?? 0) >= desired &&
                (status?.numberAvailable ?? 0) >= desired;
            return workload("DaemonSet", metadata, spec?.selector.matchLabels, rolledOut);
        }),
    ];
}

function workload(
    kind: Workload["kind"],
    metadata: V1ObjectMeta | undefined,
    selector: Readonly<Record<string, string>> | undefined,
    rolledOut: boolean,
): Workload {
    return {
        kind,
        namespace: metadata?.namespace ?? "",
        name: metadata?.name ?? "",
        selector: selector ?? {},
        rolledOut,
    };
}
