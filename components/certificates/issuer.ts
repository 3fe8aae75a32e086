/** Who signs the gateways' certificates. */
import type { MeshConfig } from "../../config/schema";
import { KEY, UNTIL_READY, lasting } from "../base/certificates";
import { COMMON_LABELS } from "../base/labels";
import type { CertificateManifest, ClusterIssuerManifest, Manifest } from "../base/manifest";
import { NAMESPACES, edgeIssuer } from "../base/names";
import { unknownCase } from "../../catalogue/never";

/** The Secret and the Certificate of the CA that cert-manager makes for itself. */
const AUTHORITY = "edge-authority";
/** It is on clients' disks: whoever makes it anew must tell all of them. */
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
                                // With what its pod identity lets it do, in the zone that bears the name.
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

/** @returns what is wrong with a stack's issuer, beside where its cluster is */
export function issuerProblems({ certificates, cluster }: MeshConfig): string[] {
    if (certificates.issuer.from !== "acme" || cluster.from !== "kubeconfig") return [];
    return [
        "certificates.issuer: acme proves by records in Route 53 that the domain is ours, as what a cluster at AWS lets cert-manager " +
            "do, and cluster.from is kubeconfig; take authority or self-signed, or a cluster from eks or existing",
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
            ...lasting({ days: AUTHORITY_DAYS, renewBeforeDays: 365 }),
            privateKey: { ...KEY, rotationPolicy: "Always" },
            usages: ["cert sign", "crl sign", "digital signature"],
            issuerRef: { name: "edge-root", kind: "ClusterIssuer", group: "cert-manager.io" },
        },
    };
}

function clusterIssuer(name: string, spec: ClusterIssuerManifest["spec"]): ClusterIssuerManifest {
    return {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        metadata: { name, labels: COMMON_LABELS, annotations: UNTIL_READY },
        spec,
    };
}
