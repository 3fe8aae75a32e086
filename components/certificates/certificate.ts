/** The gateways' certificates. */
import { groupBy } from "../../catalogue/order";
import { type ExposureEdge, exposures } from "../../catalogue/query";
import { certificateOf } from "../base/client-authorities";
import { COMMON_LABELS } from "../base/labels";
import { KEY, UNTIL_READY, lasting } from "../base/certificates";
import type { CertificateManifest } from "../base/manifest";
import { GATEWAY_KEYS, NAMESPACES, edgeIssuer, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";

/** https://letsencrypt.org/docs/rate-limits/ */
const MAX_ACME_NAMES = 100;

/**
 * One for each entry gateway that serves anything, beside it and for exactly the hosts that it serves; and one for each host that
 * requests client certificates.
 */
export function gatewayCertificates({ catalogue, config }: Platform): CertificateManifest[] {
    return [...byCertificate(catalogue)].map(([name, edges]) =>
        certificate(name, edges.map(({ exposure }) => exposedHost(config, exposure.host)).sort(), config),
    );
}

/**
 * A certificate with more names than an ACME server takes is never issued, and the gateway's hosts have none. It is not divided: which
 * hosts shared one would change with each new host. Nor does it become a wildcard, which is valid for hosts that request client
 * certificates.
 */
export function certificateProblems({ catalogue, config: { certificates } }: Platform): string[] {
    if (certificates.issuer.from !== "acme") return [];
    return [...byCertificate(catalogue).values()].flatMap((edges) => {
        if (edges.length <= MAX_ACME_NAMES) return [];
        return [
            `certificates.issuer: ACME servers such as Let's Encrypt take ${MAX_ACME_NAMES} names for a certificate, and the gateway ` +
                `${edges[0].exposure.gateway} has ${edges.length} hosts; move exposures to another gateway, or take the issuer authority`,
        ];
    });
}

function byCertificate(catalogue: Platform["catalogue"]): ReturnType<typeof groupBy<ExposureEdge>> {
    const own = GATEWAY_KEYS.flatMap((key) =>
        exposures(catalogue).filter(({ exposure }) => exposure.gateway === key),
    );
    return groupBy(own, certificateOf);
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
