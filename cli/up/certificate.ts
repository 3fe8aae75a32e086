import { readFile } from "node:fs/promises";
import { CoreV1Api, type KubeConfig, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { Platform } from "../../components/base/platform";
import { exposures } from "../../catalogue/query";
import { ENTRY_GATEWAYS, NAMESPACES, certificateName, exposedHost } from "../../components/base/names";
import { issueEdgeCertificate } from "../../local";
import type { Destination } from "./destination";

type GatewayKey = keyof typeof ENTRY_GATEWAYS;

/**
 * Gives each entry gateway a certificate for its exposed hosts, of a CA that the node made, until cert-manager issues
 * them. Kept as long as it is valid for these hosts; applied on every run.
 */
export async function ensureGatewayCertificates(
    { catalogue, config }: Platform,
    cluster: KubeConfig,
): Promise<void> {
    const api = cluster.makeApiClient(CoreV1Api);
    for (const key of Object.keys(ENTRY_GATEWAYS) as GatewayKey[]) {
        const hosts = exposures(catalogue)
            .filter(({ exposure }) => exposure.gateway === key)
            .map(({ exposure }) => exposedHost(config, exposure.host));
        if (hosts.length === 0) continue;
        const { certificate, key: privateKey, authority } = await issueEdgeCertificate(hosts);
        await applySecret(api, NAMESPACES.ingress, certificateName(key), "kubernetes.io/tls", {
            "tls.crt": certificate,
            "tls.key": privateKey,
            "ca.crt": authority,
        });
    }
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
    const api = cluster.makeApiClient(CoreV1Api);
    await applySecret(api, NAMESPACES.egress, name, "Opaque", { "ca.crt": authority });
}

async function applySecret(
    api: CoreV1Api,
    namespace: string,
    name: string,
    type: string,
    stringData: Readonly<Record<string, string>>,
): Promise<void> {
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, type, stringData };
    await api.patchNamespacedSecret(
        { name, namespace, body, fieldManager: "sparc-mesh-node", force: true },
        setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
    );
}
