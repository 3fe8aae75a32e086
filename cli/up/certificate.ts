import { readFile } from "node:fs/promises";
import { CoreV1Api, type KubeConfig, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { Platform } from "../../components/base/platform";
import { NAMESPACES, certificateName } from "../../components/base/names";
import { writeAtomically } from "../../local/files";
import type { Destination } from "./destination";

/**
 * Puts the CA of the gateways' certificates where clients on this machine find it. It is made in the cluster, anew with
 * every new node.
 *
 * @throws Error where cert-manager has not issued the public gateway's certificate
 */
export async function saveEdgeAuthority(
    { node }: Pick<Destination, "node">,
    cluster: KubeConfig,
): Promise<void> {
    if (node === undefined) return;
    const place = { namespace: NAMESPACES.ingress, name: certificateName("public") };
    const { data } = await cluster.makeApiClient(CoreV1Api).readNamespacedSecret(place);
    const authority = data?.["ca.crt"];
    if (authority === undefined)
        throw new Error(
            `the Secret ${place.namespace}/${place.name} has no ca.crt, by which clients would know it`,
        );
    await writeAtomically(node.authority, Buffer.from(authority, "base64").toString("utf8"));
}

/** Gives the egress gateway the CA of the world outside that the node plays, under the name that the stack wants. */
export async function ensureOutsideAuthority(
    { config }: Platform,
    { node }: Pick<Destination, "node">,
    cluster: KubeConfig,
): Promise<void> {
    const name = config.egress.authority;
    if (node === undefined || name === undefined) return;
    const authority = await readFile(node.outsideAuthority, "utf8");
    const namespace = NAMESPACES.egress;
    const body = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace },
        type: "Opaque",
        stringData: { "ca.crt": authority },
    };
    await cluster
        .makeApiClient(CoreV1Api)
        .patchNamespacedSecret(
            { name, namespace, body, fieldManager: "sparc-mesh-node", force: true },
            setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
        );
}
