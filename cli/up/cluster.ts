import { homedir } from "node:os";
import { join } from "node:path";
import { AppsV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { SERVICE_LABEL } from "../../components/base/labels";
import { ENTRY_GATEWAYS, NAMESPACES, STAND_IN_CONTAINER } from "../../components/base/names";

/** A cluster that a kubeconfig leads to. */
export interface Cluster {
    readonly kubeconfig: string;
    /** @default the kubeconfig's current context */
    readonly context?: string;
}

/** The kubeconfig that kubectl would use, if none is given. */
export function defaultKubeconfig(given: string | undefined): string {
    return given ?? process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config");
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

/**
 * The image that the stand-ins on a cluster run.
 *
 * @throws Error if none runs there.
 */
export async function standInImage(config: KubeConfig): Promise<string> {
    const { items } = await config
        .makeApiClient(AppsV1Api)
        .listNamespacedDeployment({ namespace: NAMESPACES.services, labelSelector: SERVICE_LABEL });
    const containers = items.flatMap(({ spec }) => spec?.template.spec?.containers ?? []);
    const image = containers.find(({ name }) => name === STAND_IN_CONTAINER)?.image;
    if (image === undefined) {
        throw new Error(`no stand-in runs in the namespace ${NAMESPACES.services}: run \`make up\` first`);
    }
    return image;
}
