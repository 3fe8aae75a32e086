import { NAMESPACES } from "../../../components/base/names";
import type { Cluster } from "../cluster/cluster";
import type { Kind } from "../cluster/kinds";
import { PROBE_LABEL } from "../probers";
import { type Drift, type HelmRelease, compare } from "./compare";
import { DECIDING_KINDS, TRAFFIC_KINDS } from "./kinds";
import type { KubeObject } from "./objects";

/** The drift of the program's namespaces and cluster-scoped objects. */
export async function readDrift(
    cluster: Cluster,
    { objects, releases }: { objects: readonly KubeObject[]; releases: readonly HelmRelease[] },
): Promise<Drift[]> {
    return compare(objects, await read(cluster, DECIDING_KINDS), releases);
}

/** All traffic objects in the program's namespaces. */
export function readTrafficObjects(cluster: Cluster): Promise<KubeObject[]> {
    return read(cluster, TRAFFIC_KINDS);
}

/** Objects in the program's namespaces and cluster-scoped ones, without those of the probers. */
async function read(cluster: Cluster, kinds: readonly Kind[]): Promise<KubeObject[]> {
    const lists = await Promise.all(kinds.map((kind) => cluster.list(kind)));
    const namespaces = new Set<string | undefined>([undefined, ...Object.values(NAMESPACES)]);
    return lists
        .flat()
        .filter(
            ({ metadata }) =>
                namespaces.has(metadata.namespace) && metadata.labels?.[PROBE_LABEL] === undefined,
        );
}
