/**
 * CAs of client certificates that cert-manager creates, to try hosts that require client certificates without a CA of
 * your own.
 */
import { exposures } from "../../catalogue/query";
import { UNTIL_READY, KEY, lifetimeOf } from "../shared/tls/certificate-settings";
import { clientSecret } from "../shared/tls/client-authorities";
import { COMMON_LABELS } from "../base/labels";
import type { CertificateManifest, Manifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { clusterIssuer } from "./cluster-issuer";

/** Signs the CAs. */
const ROOT = "client-root";
const AUTHORITY_DAYS = 3650;

/**
 * For each such authority that the catalogue names: its CA, and one client certificate in the gateways' namespace.
 * Its Secret has the CA's certificate as `ca.crt`, where istiod reads it; the CA's key stays in cert-manager's
 * namespace.
 */
export function clientAuthorities(platform: Platform): Manifest[] {
    const names = [...hostsByAuthority(platform).keys()]
        .filter((name) => platform.config.certificates.clients[name]?.from === "self-signed")
        .sort();
    if (names.length === 0) return [];
    return [clusterIssuer(ROOT, { selfSigned: {} }), ...names.flatMap((name) => authority(name, platform))];
}

/** @returns authorities that the catalogue names and the stack does not configure */
export function clientAuthorityProblems(platform: Platform): string[] {
    const known = Object.keys(platform.config.certificates.clients);
    return [...hostsByAuthority(platform)]
        .filter(([authority]) => !known.includes(authority))
        .map(
            ([authority, host]) =>
                `certificates.clients: ${host} requires client certificates of the authority ${authority}, but the stack has ` +
                `${known.length === 0 ? "none" : known.join(", ")}; add ${authority}: { from: secret, secret: <name> }, ` +
                `a Secret in ${NAMESPACES.ingress} with the CA as ca.crt, or { from: self-signed } to try it`,
        );
}

/** The hosts that require client certificates, by authority. */
function hostsByAuthority({ catalogue }: Platform): ReadonlyMap<string, string> {
    return new Map(
        exposures(catalogue).flatMap(({ service, exposure: { host, clientCertificate } }) =>
            clientCertificate === undefined
                ? []
                : [[clientCertificate.authority, `${host} (${service})`] as const],
        ),
    );
}

function authority(name: string, platform: Platform): Manifest[] {
    const caName = `client-authority-${name}`;
    return [
        certificate(caName, NAMESPACES.certificates, ROOT, {
            commonName: `sparc-mesh clients: ${name}`,
            isCA: true,
            ...lifetimeOf({ durationDays: AUTHORITY_DAYS, renewBeforeDays: 365 }),
            usages: ["cert sign", "crl sign", "digital signature"],
        }),
        clusterIssuer(caName, { ca: { secretName: caName } }),
        certificate(clientSecret(name), NAMESPACES.ingress, caName, {
            ...namesOf(name, platform),
            ...lifetimeOf(platform.config.certificates.gateways),
            usages: ["digital signature", "client auth"],
        }),
    ];
}

/** Every name that an exposure lists for this authority, so that this one client can call all of them. */
function namesOf(
    authority: string,
    { catalogue, config }: Platform,
): { dnsNames?: string[]; uris?: string[] } {
    const sans = exposures(catalogue).flatMap(({ exposure: { clientCertificate } }) =>
        clientCertificate?.authority === authority ? (clientCertificate.subjectAltNames ?? []) : [],
    );
    const uris = [...new Set(sans.filter((san) => san.includes(":")))].sort();
    const dnsNames = [...new Set(sans.filter((san) => !san.includes(":")))].sort();
    return {
        ...(uris.length > 0 ? { uris } : {}),
        ...(dnsNames.length > 0 || uris.length === 0
            ? { dnsNames: dnsNames.length > 0 ? dnsNames : [`client.${authority}.${config.domain}`] }
            : {}),
    };
}

function certificate(
    name: string,
    namespace: string,
    issuedBy: string,
    spec: Omit<CertificateManifest["spec"], "secretName" | "issuerRef" | "privateKey">,
): CertificateManifest {
    return {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { name, namespace, labels: COMMON_LABELS, annotations: UNTIL_READY },
        spec: {
            ...spec,
            secretName: name,
            privateKey: { ...KEY, rotationPolicy: "Always" },
            issuerRef: { name: issuedBy, kind: "ClusterIssuer", group: "cert-manager.io" },
        },
    };
}
