/** The gateways' certificates. */
import { groupBy } from "../../catalogue/order";
import { exposures } from "../../catalogue/query";
import { certificateOf } from "../base/client-authorities";
import { COMMON_LABELS } from "../base/labels";
import { KEY, UNTIL_READY, lasting } from "../base/certificates";
import type { CertificateManifest } from "../base/manifest";
import { GATEWAY_KEYS, NAMESPACES, edgeIssuer, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";

/**
 * One for each entry gateway that serves anything, beside it and for exactly the hosts that it serves; and one for each host that
 * requests client certificates.
 */
export function gatewayCertificates({ catalogue, config }: Platform): CertificateManifest[] {
    const own = GATEWAY_KEYS.flatMap((key) =>
        exposures(catalogue).filter(({ exposure }) => exposure.gateway === key),
    );
    return [...groupBy(own, certificateOf)].map(([name, edges]) =>
        certificate(name, edges.map(({ exposure }) => exposedHost(config, exposure.host)).sort(), config),
    );
}

function certificate(
    name: string,
    dnsNames: string[],
    { certificates }: Platform["config"],
): CertificateManifest {
    return {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: {
            name,
            namespace: NAMESPACES.ingress,
            labels: COMMON_LABELS,
            annotations: UNTIL_READY,
        },
        spec: {
            secretName: name,
            dnsNames,
            ...lasting(certificates.gateways),
            // A key that leaked is worth no more than what is left of its certificate.
            privateKey: { ...KEY, rotationPolicy: "Always" },
            usages: ["digital signature", "server auth"],
            issuerRef: { name: edgeIssuer(certificates), kind: "ClusterIssuer", group: "cert-manager.io" },
        },
    };
}
