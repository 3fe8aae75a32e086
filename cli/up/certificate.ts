import { CoreV1Api, type KubeConfig, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { Platform } from "../../components/base/platform";
import { exposures } from "../../catalogue/query";
import { ENTRY_GATEWAYS, NAMESPACES, certificateName, exposedHost } from "../../components/base/names";
import { issueEdgeCertificate } from "../../local";

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
        const name = certificateName(key);
        const body = {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name, namespace: NAMESPACES.ingress },
            type: "kubernetes.io/tls",
            stringData: { "tls.crt": certificate, "tls.key": privateKey, "ca.crt": authority },
        };
        await api.patchNamespacedSecret(
            { name, namespace: NAMESPACES.ingress, body, fieldManager: "sparc-mesh-node", force: true },
            setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
        );
    }
}
