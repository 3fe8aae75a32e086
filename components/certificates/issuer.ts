/** The issuer of the gateways' certificates. */
import type { MeshConfig } from "../../config/schema";
import { KEY, UNTIL_READY, lifetimeOf } from "../shared/tls/certificate-settings";
import { COMMON_LABELS } from "../base/labels";
import type { CertificateManifest, Manifest } from "../base/manifest";
import { NAMESPACES, edgeIssuer } from "../base/names";
import { unknownCase } from "../../catalogue/never";
import { clusterIssuer } from "./cluster-issuer";

/** The Secret and the Certificate of the CA that cert-manager creates. */
const AUTHORITY = "edge-authority";
/** Clients have installed this CA. Replacing it requires that all of them install the new one. */
const AUTHORITY_DAYS = 3650;

export function issuers({ certificates, cluster, domain }: MeshConfig): Manifest[] {
    const { issuer } = certificates;
    const name = edgeIssuer(certificates);
    switch (issuer.from) {
        case "acme":
            return [
                clusterIssuer(name, {
                    acme: {
                        server: issuer.server,
                        email: issuer.email,
                        privateKeySecretRef: { name: "edge-acme-account" },
                        solvers: [
                            {
                                selector: { dnsZones: [domain] },
                                // Authorized by its Pod Identity, in the hosted zone of the domain.
                                dns01: {
                                    route53: { region: cluster.from === "kubeconfig" ? "" : cluster.region },
                                },
                            },
                        ],
                    },
                }),
            ];
        case "authority":
            return [clusterIssuer(name, { ca: { secretName: issuer.secret } })];
        case "self-signed":
            return [
                clusterIssuer("edge-root", { selfSigned: {} }),
                authority(),
                clusterIssuer(name, { ca: { secretName: AUTHORITY } }),
            ];
        default:
            return unknownCase(issuer);
    }
}

/** @returns mistakes of a stack's issuer with regard to its cluster */
export function issuerProblems({ certificates, cluster }: MeshConfig): string[] {
    if (certificates.issuer.from !== "acme" || cluster.from !== "kubeconfig") return [];
    return [
        "certificates.issuer: acme uses DNS-01 challenges in Route 53, with the credentials of cert-manager's Pod Identity on a cluster at " +
            "AWS, but cluster.from is kubeconfig; use authority or self-signed, or a cluster from eks or existing",
    ];
}

function authority(): CertificateManifest {
    return {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: {
            name: AUTHORITY,
            namespace: NAMESPACES.certificates,
            labels: COMMON_LABELS,
            annotations: UNTIL_READY,
        },
        spec: {
            secretName: AUTHORITY,
            commonName: "sparc-mesh edge",
            isCA: true,
            ...lifetimeOf({ durationDays: AUTHORITY_DAYS, renewBeforeDays: 365 }),
            privateKey: { ...KEY, rotationPolicy: "Always" },
            usages: ["cert sign", "crl sign", "digital signature"],
            issuerRef: { name: "edge-root", kind: "ClusterIssuer", group: "cert-manager.io" },
        },
    };
}
