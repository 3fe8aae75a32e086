/** Starts meshed workloads anew, and sees whom their proxies belong to. */
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
/** Workloads at once: a mesh whose every pod starts at the same time has no room for requests. */
const AT_ONCE = 4;
const READY_MS = 300_000;
const LOOK_MS = 1_000;

interface Workload {
    readonly kind: "Deployment" | "StatefulSet" | "DaemonSet";
    readonly namespace: string;
    readonly name: string;
    readonly selector: Readonly<Record<string, string>>;
    /** Whether all its pods are of its newest template, and there. */
    readonly settled: boolean;
}

interface Proxy {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly revision: string;
}

/** Every pod that has a proxy and is not about to go. */
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

/** @throws UpgradeError where a proxy belongs to another revision than `to`, naming each. */
export async function assertAllOn(cluster: KubeConfig, to: string): Promise<void> {
    const behind = (await proxies(cluster)).filter(({ revision }) => revision !== to);
    if (behind.length === 0) return;
    const names = behind.map(({ namespace, name, revision }) => `  ${namespace}/${name} (${revision})`);
    throw new UpgradeError(
        `these proxies do not belong to ${to} yet, and would be left without a control plane; start them anew:\n${names.join("\n")}`,
    );
}

/** Starts anew what has a pod of another revision, some at a time; resolves when all of it is there again. */
export async function restartOnto(
    cluster: KubeConfig,
    to: string,
    namespaces: readonly string[],
    tell: (line: string) => void,
): Promise<void> {
    for (const namespace of namespaces) {
        const own = await workloadsIn(cluster, namespace);
        const behind = (await proxies(cluster)).filter(
            (proxy) => proxy.namespace === namespace && proxy.revision !== to,
        );
        const stale = own.filter(({ selector }) =>
            behind.some(({ labels }) => matchesLabels(selector, labels)),
        );
        for (let start = 0; start < stale.length; start += AT_ONCE) {
            const wave = stale.slice(start, start + AT_ONCE);
            tell(`${namespace}: ${wave.map(({ name }) => name).join(", ")}`);
            await Promise.all(wave.map((workload) => restart(cluster, workload)));
            await untilSettled(cluster, wave);
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

async function untilSettled(cluster: KubeConfig, wave: readonly Workload[]): Promise<void> {
    const [first] = wave;
    if (first === undefined) return;
    for (const end = Date.now() + READY_MS; ;) {
        const now = await workloadsIn(cluster, first.namespace);
        const open = wave.filter(
            ({ kind, name }) => !now.some((one) => one.kind === kind && one.name === name && one.settled),
        );
        if (open.length === 0) return;
        if (Date.now() > end)
            throw new UpgradeError(
                `${first.namespace}: ${open.map(({ name }) => name).join(", ")} did not come back within ${READY_MS / 1000} s. ` +
                    "The tag has moved and the old istiod is still there: see what the pods say, and run this again",
            );
        await pause(LOOK_MS);
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
            const wanted = spec?.replicas ?? 1;
            const updated = status?.updatedReplicas ?? 0;
            const settled =
                seen(metadata, status) &&
                updated >= wanted &&
                (status?.replicas ?? 0) <= updated &&
                (status?.availableReplicas ?? 0) >= wanted;
            return workload("Deployment", metadata, spec?.selector.matchLabels, settled);
        }),
        ...statefulSets.items.map(({ metadata, spec, status }): Workload => {
            const wanted = spec?.replicas ?? 1;
            const settled =
                seen(metadata, status) &&
                (status?.readyReplicas ?? 0) >= wanted &&
                ((status?.updatedReplicas ?? 0) >= wanted ||
                    status?.currentRevision === status?.updateRevision);
            return workload("StatefulSet", metadata, spec?.selector.matchLabels, settled);
        }),
        ...daemonSets.items.map(({ metadata, spec, status }): Workload => {
            const wanted = status?.desiredNumberScheduled ?? 0;
            const settled =
                seen(metadata, status) &&
                (status?.updatedNumberScheduled ?? 0) >= wanted &&
                (status?.numberAvailable ?? 0) >= wanted;
            return workload("DaemonSet", metadata, spec?.selector.matchLabels, settled);
        }),
    ];
}

function workload(
    kind: Workload["kind"],
    metadata: V1ObjectMeta | undefined,
    selector: Readonly<Record<string, string>> | undefined,
    settled: boolean,
): Workload {
    return {
        kind,
        namespace: metadata?.namespace ?? "",
        name: metadata?.name ?? "",
        selector: selector ?? {},
        settled,
    };
}
