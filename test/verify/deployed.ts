/** The small platform, deployed to a cluster in memory. */
import type { KubeObject } from "../../cli/verify/drift/objects";
import { expectations } from "../../cli/verify/plan/expect";
import { ENTRY_GATEWAYS } from "../../components/base/names";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { FakeCluster } from "./fake-cluster";
import { small } from "./small";

export const platform = { catalogue: small, config: loadStackFile("local", `${__dirname}/../..`) };
const program: readonly KubeObject[] = deriveAll(platform).objects;
/** Tokens that nobody reads: the simulation knows what they were made of. */
export const options = { platform, standInImage: "standin:1", sign: () => "x.y.z" };

/** A cluster that holds the program, deployed and ready, and what `change` makes of it. */
export function clusterWith(
    change: (objects: readonly KubeObject[]) => readonly KubeObject[] = (objects) => objects,
) {
    const cluster = new FakeCluster(change(program), expectations(platform));
    for (const name of Object.keys(small.services)) cluster.addPod("sparc", name);
    for (const name of Object.keys(small.stores)) cluster.addPod("databases", name);
    for (const gateway of Object.values(ENTRY_GATEWAYS)) cluster.addCertificate(gateway);
    return cluster;
}
