/** The small platform, deployed to an in-memory cluster. */
import type { KubeObject } from "../../cli/lib/drift/objects";
import { expectations } from "../../cli/verify/plan/expect";
import { INGRESS_GATEWAYS } from "../../components/base/names";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { FakeCluster } from "./fake-cluster";
import { small } from "./small";

export const platform = { catalogue: small, config: loadStackFile("local", `${__dirname}/../..`) };
const program: readonly KubeObject[] = deriveAll(platform).objects;
/** Tokens are not parsed: the simulation reads the claims that they were signed with. */
export const options = { platform, standInImage: "standin:1", sign: () => "x.y.z" };

/** A cluster with the program's objects, deployed and ready, after `change`. */
export function clusterWith(
    change: (objects: readonly KubeObject[]) => readonly KubeObject[] = (objects) => objects,
) {
    const cluster = new FakeCluster(change(program), expectations(platform));
    for (const name of Object.keys(small.services)) cluster.addPod("sparc", name);
    for (const name of Object.keys(small.stores)) cluster.addPod("databases", name);
    for (const gateway of Object.values(INGRESS_GATEWAYS)) cluster.addCertificate(gateway);
    return cluster;
}
