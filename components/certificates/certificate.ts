/** The gateways' certificates. */
import { groupBy } from "../../catalogue/order";
import { type ExposureEdge, exposures } from "../../catalogue/query";
import { certificateOf } from "../shared/tls/client-authorities";
import { COMMON_LABELS } from "../base/labels";
import { KEY, UNTIL_READY, lifetimeOf } from "../shared/tls/certificate-settings";
import type { CertificateManifest } from "../base/manifest";
import { GATEWAY_KEYS, NAMESPACES, edgeIssuer, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";

/** https://letsencrypt.org/docs/rate-limits/ */
const MAX_ACME_NAMES = 100;

/**
 * One for each ingress gateway that serves an exposure, in its namespace and for exactly the hosts that it serves;
 * and one for each host that requests client certificates.
 */
export function gatewayCertificates({ catalogue, config }: Platform): CertificateManifest[] {
    return [...byCertificate(catalogue)].map(([name, edges]) =>
        certificate(name, edges.map(({ exposure }) => exposedHost(config, exposure.host)).sort(), config),
    );
}

/**
 * An ACME server never issues a certificate with more names than its limit, and the gateway's hosts would have none.
 * The certificate is not split, because the hosts that share one would change with each new host. Nor is it a
 * wildcard, which would be valid for hosts that request client certificates.
 */
export function certificateProblems({ catalogue, config: { certificates } }: Platform): string[] {
    if (certificates.issuer.from !== "acme") return [];
    return [...byCertificate(catalogue).values()].flatMap((edges) => {
        if (edges.length <= MAX_ACME_NAMES) return [];
        return [
            `certificates.issuer: ACME servers such as Let's Encrypt allow ${MAX_ACME_NAMES} names per certificate, and the gateway ` +
                `${edges[0].exposure.gateway} has ${edges.length} hosts; move exposures to another gateway, or use the issuer authority`,
        ];
    });
}

function byCertificate(catalogue: Platform["catalogue"]): ReturnType<typeof groupBy<ExposureEdge>> {
    const gatewayEdges = GATEWAY_KEYS.flatMap((key) =>
        exposures(catalogue).filter(({ exposure }) => exposure.gateway === key),
    );
    return groupBy(gatewayEdges, certificateOf);
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
            ...lifetimeOf(certificates.gateways),
            // A leaked key is useless once its certificate expires.
            privateKey: { ...KEY, rotationPolicy: "Always" },
            usages: ["digital signature", "server auth"],
            issuerRef: { name: edgeIssuer(certificates), kind: "ClusterIssuer", group: "cert-manager.io" },
        },
    };
}
