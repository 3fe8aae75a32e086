import { readFile } from "node:fs/promises";
import { CoreV1Api, type KubeConfig, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { Platform } from "../../components/base/platform";
import { NAMESPACES, certificateName } from "../../components/base/names";
import { writeAtomically } from "../../local/lib/files";
import type { DeployTarget } from "./destination";

/**
 * Saves the CA of the gateways' certificates for clients on this machine. cert-manager creates a new CA with every new
 * node.
 *
 * @throws Error if cert-manager has not issued the public gateway's certificate
 */
export async function saveEdgeAuthority(
    { node }: Pick<DeployTarget, "node">,
    cluster: KubeConfig,
): Promise<void> {
    if (node === undefined) return;
    const place = { namespace: NAMESPACES.ingress, name: certificateName("public") };
    const { data } = await cluster.makeApiClient(CoreV1Api).readNamespacedSecret(place);
    const authority = data?.["ca.crt"];
    if (authority === undefined)
        throw new Error(
            `Secret ${place.namespace}/${place.name} has no ca.crt, which clients need to trust the gateway`,
        );
    await writeAtomically(node.authority, Buffer.from(authority, "base64").toString("utf8"));
}

/**
 * Creates the Secret with the CA of the simulated external services, under the name that the stack configures for the
 * egress gateway.
 */
export async function ensureExternalAuthority(
    { config }: Platform,
    { node }: Pick<DeployTarget, "node">,
    cluster: KubeConfig,
): Promise<void> {
    const name = config.egress.caSecret;
    if (node === undefined || name === undefined) return;
    const authority = await readFile(node.simulatedAuthority, "utf8");
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
