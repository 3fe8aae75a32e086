import { AppsV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { ENTRY_GATEWAYS, NAMESPACES } from "../../components/base/names";

/** A cluster that a kubeconfig leads to. */
export interface Cluster {
    readonly kubeconfig: string;
    /** @default the kubeconfig's current context */
    readonly context?: string;
}

/** One Deployment's replicas. */
export interface Rollout {
    readonly namespace: string;
    readonly name: string;
    readonly ready: number;
    readonly wanted: number;
}

/**
 * @throws Error that names the kubeconfig's contexts, if the one asked for is not among them.
 */
export function connect({ kubeconfig, context }: Cluster): KubeConfig {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    if (context === undefined) return config;
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
        throw new Error(`${kubeconfig} has no context "${context}"; it has ${known.join(", ") || "none"}`);
    }
    config.setCurrentContext(context);
    return config;
}

/** The Deployments in the program's namespaces, by namespace and name. */
export async function rollouts(config: KubeConfig): Promise<Rollout[]> {
    const { items } = await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces();
    const ours: readonly string[] = Object.values(NAMESPACES);
    return items
        .map(({ metadata, spec, status }) => ({
            namespace: metadata?.namespace ?? "",
            name: metadata?.name ?? "",
            ready: status?.readyReplicas ?? 0,
            wanted: spec?.replicas ?? 1,
        }))
        .filter(({ namespace }) => ours.includes(namespace))
        .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

/** The port of every node on which the public gateway serves HTTPS; undefined where its Service has none. */
export async function httpsNodePort(config: KubeConfig): Promise<number | undefined> {
    const service = await config
        .makeApiClient(CoreV1Api)
        .readNamespacedService({ namespace: NAMESPACES.ingress, name: ENTRY_GATEWAYS.public });
    return service.spec?.ports?.find(({ name }) => name === "https")?.nodePort;
}
