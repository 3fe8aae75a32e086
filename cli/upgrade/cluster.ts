/** What an upgrade reads of a cluster, and the restarts that it triggers. */
import {
    AdmissionregistrationV1Api,
    AppsV1Api,
    CoreV1Api,
    CustomObjectsApi,
    type KubeConfig,
    PatchStrategy,
    setHeaderOptions,
    type V1LabelSelector,
    type V1ObjectMeta,
} from "@kubernetes/client-node";
import { NAMESPACES, REVISION_TAG } from "../../components/base/names";
import { type PodFields, type Proxy, proxyOf } from "../../config/proxies";

/** Set on istiod's pods and webhooks. */
const REVISION_LABEL = "istio.io/rev";
/** As `kubectl rollout restart` does. */
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";
const PAGE = 500;

/** A workload that restarts by a change of its pod template. */
export interface Workload {
    readonly kind: "Deployment" | "StatefulSet" | "DaemonSet";
    readonly namespace: string;
    readonly name: string;
    readonly selector: Readonly<Record<string, string>>;
    /** Whether all pods are available and run the newest template. */
    readonly rolledOut: boolean;
}

/** A Deployment under Flagger, and the state of its rollout. */
export interface FlaggerTarget {
    readonly namespace: string;
    /** The Deployment of new versions. Flagger runs the current version as `<name>-primary`. */
    readonly name: string;
    readonly phase: string;
}

/** A cluster with a mesh. */
export interface MeshCluster {
    proxies(): Promise<Proxy[]>;
    workloads(namespace: string): Promise<Workload[]>;
    flaggerTargets(): Promise<FlaggerTarget[]>;
    /** The installed revisions of istiod. */
    revisions(): Promise<string[]>;
    /** The revision that the tag points to; undefined without a tag. */
    taggedRevision(): Promise<string | undefined>;
    /** The image that a revision injects; undefined if its injector is not installed. */
    proxyImage(revision: string): Promise<string | undefined>;
    restart(workload: Workload): Promise<void>;
}

export class KubernetesMesh implements MeshCluster {
    constructor(private readonly config: KubeConfig) {}

    async proxies(): Promise<Proxy[]> {
        const api = this.config.makeApiClient(CoreV1Api);
        const proxies: Proxy[] = [];
        let token: string | undefined;
        do {
            const page = await api.listPodForAllNamespaces({
                limit: PAGE,
                ...(token === undefined ? {} : { _continue: token }),
            });
            proxies.push(...page.items.flatMap((pod) => proxyOf(pod as PodFields) ?? []));
            token = page.metadata?._continue;
        } while (token !== undefined && token !== "");
        return proxies;
    }

    async workloads(namespace: string): Promise<Workload[]> {
        const api = this.config.makeApiClient(AppsV1Api);
        const [deployments, statefulSets, daemonSets] = await Promise.all([
            api.listNamespacedDeployment({ namespace }),
            api.listNamespacedStatefulSet({ namespace }),
            api.listNamespacedDaemonSet({ namespace }),
        ]);
        return [
            ...deployments.items.map(({ metadata, spec, status }) => {
                const desired = spec?.replicas ?? 1;
                const updated = status?.updatedReplicas ?? 0;
                const rolledOut =
                    isObserved(metadata, status) &&
                    updated >= desired &&
                    (status?.replicas ?? 0) <= updated &&
                    (status?.availableReplicas ?? 0) >= desired;
                return workload("Deployment", metadata, spec?.selector, rolledOut);
            }),
            ...statefulSets.items.map(({ metadata, spec, status }) => {
                const desired = spec?.replicas ?? 1;
                const rolledOut =
                    isObserved(metadata, status) &&
                    (status?.readyReplicas ?? 0) >= desired &&
                    ((status?.updatedReplicas ?? 0) >= desired ||
                        status?.currentRevision === status?.updateRevision);
                return workload("StatefulSet", metadata, spec?.selector, rolledOut);
            }),
            ...daemonSets.items.map(({ metadata, spec, status }) => {
                const desired = status?.desiredNumberScheduled ?? 0;
                const rolledOut =
                    isObserved(metadata, status) &&
                    (status?.updatedNumberScheduled ?? 0) >= desired &&
                    (status?.numberAvailable ?? 0) >= desired;
                return workload("DaemonSet", metadata, spec?.selector, rolledOut);
            }),
        ];
    }

    async flaggerTargets(): Promise<FlaggerTarget[]> {
        const canaries = { group: "flagger.app", version: "v1beta1", plural: "canaries" } as const;
        const { items } = (await orWithout(
            this.config.makeApiClient(CustomObjectsApi).listCustomObjectForAllNamespaces(canaries),
            { items: [] },
        )) as { items: readonly CanaryFields[] };
        return items.flatMap(({ metadata, spec, status }) =>
            spec.targetRef.kind === "Deployment"
                ? [
                      {
                          namespace: metadata.namespace,
                          name: spec.targetRef.name,
                          phase: status?.phase ?? "Initializing",
                      },
                  ]
                : [],
        );
    }

    async revisions(): Promise<string[]> {
        const { items } = await this.config
            .makeApiClient(AppsV1Api)
            .listNamespacedDeployment({ namespace: NAMESPACES.system, labelSelector: "app=istiod" });
        return items.flatMap(({ metadata }) => metadata?.labels?.[REVISION_LABEL] ?? []).sort();
    }

    async taggedRevision(): Promise<string | undefined> {
        const api = this.config.makeApiClient(AdmissionregistrationV1Api);
        const name = `istio-revision-tag-${REVISION_TAG}`;
        const webhook = await orWithout(api.readMutatingWebhookConfiguration({ name }), undefined);
        return webhook?.metadata?.labels?.[REVISION_LABEL];
    }

    async proxyImage(revision: string): Promise<string | undefined> {
        const name = `istio-sidecar-injector-${revision}`;
        const injector = await orWithout(
            this.config
                .makeApiClient(CoreV1Api)
                .readNamespacedConfigMap({ name, namespace: NAMESPACES.system }),
            undefined,
        );
        const text = injector?.data?.["values"];
        return text === undefined ? undefined : injectedImage(JSON.parse(text) as InjectorValues);
    }

    async restart({ kind, namespace, name }: Workload): Promise<void> {
        const api = this.config.makeApiClient(AppsV1Api);
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
}

interface CanaryFields {
    readonly metadata: { readonly namespace: string };
    readonly spec: { readonly targetRef: { readonly kind: string; readonly name: string } };
    readonly status?: { readonly phase?: string };
}

/** The values of Istio's chart that its injector reads. */
interface InjectorValues {
    readonly global?: {
        readonly hub?: string;
        readonly tag?: string;
        readonly variant?: string;
        readonly proxy?: { readonly image?: string };
    };
}

/** The image as Istio's injection template builds it: a name with a slash is complete. */
export function injectedImage({ global = {} }: InjectorValues): string | undefined {
    const { hub, tag, variant = "", proxy } = global;
    const image = proxy?.image ?? "proxyv2";
    if (image.includes("/")) return image;
    if (hub === undefined || tag === undefined) return undefined;
    return `${hub}/${image}:${tag}${variant === "" ? "" : `-${variant}`}`;
}

function isObserved(metadata?: V1ObjectMeta, status?: { observedGeneration?: number }): boolean {
    return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

function workload(
    kind: Workload["kind"],
    metadata: V1ObjectMeta | undefined,
    selector: V1LabelSelector | undefined,
    rolledOut: boolean,
): Workload {
    return {
        kind,
        namespace: metadata?.namespace ?? "",
        name: metadata?.name ?? "",
        selector: selector?.matchLabels ?? {},
        rolledOut,
    };
}

/** The fallback if the object or its kind does not exist. */
async function orWithout<T, F>(request: Promise<T>, fallback: F): Promise<T | F> {
    try {
        return await request;
    } catch (error) {
        if ((error as { code?: number }).code === 404) return fallback;
        throw error;
    }
}
