import { NAMESPACES } from "../../../components/base/names";
import type { Cluster } from "../cluster/cluster";
import { PROBE_LABEL } from "../probers/objects";
import { type Drift, compare } from "./compare";
import { DECIDING_KINDS, type KubeObject } from "./objects";

/** How the program's namespaces differ from the program. */
export async function readDrift(cluster: Cluster, program: readonly KubeObject[]): Promise<Drift[]> {
    return compare(program, await readDeciding(cluster));
}

/** All that decides about traffic in the program's namespaces, probers' own left aside. */
export async function readDeciding(cluster: Cluster): Promise<KubeObject[]> {
    const lists = await Promise.all(DECIDING_KINDS.map((kind) => cluster.list(kind)));
    const own = new Set<string | undefined>(Object.values(NAMESPACES));
    return lists
        .flat()
        .filter(
            ({ metadata }) => own.has(metadata.namespace) && metadata.labels?.[PROBE_LABEL] === undefined,
        );
}
