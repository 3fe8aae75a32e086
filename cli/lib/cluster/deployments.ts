import { AppsV1Api, type KubeConfig } from "@kubernetes/client-node";
import Table from "cli-table3";
import { NAMESPACES } from "../../../components/base/names";

/** A Deployment's replica counts. */
export interface DeploymentStatus {
    readonly namespace: string;
    readonly name: string;
    readonly ready: number;
    readonly desired: number;
}

/** The Deployments in the program's namespaces, sorted by namespace and name. */
export async function deploymentStatuses(config: KubeConfig): Promise<DeploymentStatus[]> {
    const { items } = await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces();
    const programNamespaces: readonly string[] = Object.values(NAMESPACES);
    return items
        .map(({ metadata, spec, status }) => ({
            namespace: metadata?.namespace ?? "",
            name: metadata?.name ?? "",
            ready: status?.readyReplicas ?? 0,
            desired: spec?.replicas ?? 1,
        }))
        .filter(({ namespace }) => programNamespaces.includes(namespace))
        .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

/** The workloads, one row per namespace. */
export function runningTable(deployments: readonly DeploymentStatus[]): string {
    const table = new Table({
        head: ["namespace", "ready", "workloads"],
        style: { head: [], border: [] },
        colWidths: [17, 7, 80],
        wordWrap: true,
    });
    const namespaces = [...new Set(deployments.map(({ namespace }) => namespace))];
    for (const namespace of namespaces) {
        const members = deployments.filter((deployment) => deployment.namespace === namespace);
        const ready = members.filter((deployment) => deployment.ready >= deployment.desired).length;
        table.push([namespace, `${ready}/${members.length}`, members.map(({ name }) => name).join(" ")]);
    }
    return table.toString();
}
