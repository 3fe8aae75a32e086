import { AppsV1Api, CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { SERVICE_LABEL } from "../../components/base/labels";
import { INGRESS_GATEWAYS, NAMESPACES, STAND_IN_CONTAINER } from "../../components/base/names";

/** The node port of the public gateway's HTTPS port; undefined if its Service has none. */
export async function httpsNodePort(config: KubeConfig): Promise<number | undefined> {
    const service = await config
        .makeApiClient(CoreV1Api)
        .readNamespacedService({ namespace: NAMESPACES.ingress, name: INGRESS_GATEWAYS.public });
    return service.spec?.ports?.find(({ name }) => name === "https")?.nodePort;
}

/**
 * The image that the stand-ins on a cluster run.
 *
 * @throws Error if no stand-in runs there
 */
export async function standInImage(config: KubeConfig): Promise<string> {
    const { items } = await config
        .makeApiClient(AppsV1Api)
        .listNamespacedDeployment({ namespace: NAMESPACES.services, labelSelector: SERVICE_LABEL });
    const containers = items.flatMap(({ spec }) => spec?.template.spec?.containers ?? []);
    const image = containers.find(({ name }) => name === STAND_IN_CONTAINER)?.image;
    if (image === undefined) {
        throw new Error(`no stand-in runs in namespace ${NAMESPACES.services}. Run \`make up\` first.`);
    }
    return image;
}
