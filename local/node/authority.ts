import "reflect-metadata";

import type { webcrypto } from "node:crypto";

import {
    AuthorityKeyIdentifierExtension,
    BasicConstraintsExtension,
    ExtendedKeyUsage,
    ExtendedKeyUsageExtension,
    type JsonGeneralName,
    type JsonName,
    KeyUsageFlags,
    KeyUsagesExtension,
    PemConverter,
    SubjectAlternativeNameExtension,
    SubjectKeyIdentifierExtension,
    X509Certificate,
    X509CertificateGenerator,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 24 * 3600 * 1000;
/** How long certificates are valid, in milliseconds. */
export const lifetimes = { authority: 3650 * day, leaf: 365 * day } as const;

/** A certificate and its private key, both PEM. */
export interface KeyPair {
    readonly certificate: string;
    readonly key: string;
}

/** A certificate's subject and usages. */
export interface CertificateRequest {
    readonly commonName: string;
    /** Kubernetes groups. @default none */
    readonly organizations?: readonly string[];
    /** DNS names and IP addresses of a server. @default none */
    readonly dnsNames?: readonly string[];
    readonly addresses?: readonly string[];
    /** URIs, such as SPIFFE IDs. @default none */
    readonly uris?: readonly string[];
    readonly usages: readonly ("server" | "client")[];
}

/** Creates a self-signed CA, which can sign leaf certificates only. */
export async function createAuthority(commonName: string, now = new Date()): Promise<KeyPair> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
        name: [{ CN: [commonName] }],
        notBefore: now,
        notAfter: new Date(now.getTime() + lifetimes.authority),
        keys,
        signingAlgorithm: algorithm,
        extensions: [
            new BasicConstraintsExtension(true, 0, true),
            new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
            await SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
    });
    return { certificate: pem(certificate), key: await exportKey(keys.privateKey) };
}

/** Creates a key and a certificate that the CA signs. */
export async function issue(
    authority: KeyPair,
    request: CertificateRequest,
    now = new Date(),
): Promise<KeyPair> {
    const issuer = new X509Certificate(authority.certificate);
    const keys = await generateKeys();
    const alternativeNames = namesOf(request);
    const certificate = await X509CertificateGenerator.create({
        subject: subjectOf(request),
        issuer: issuer.subjectName,
        notBefore: now,
        notAfter: new Date(now.getTime() + lifetimes.leaf),
        publicKey: keys.publicKey,
        signingKey: await importKey(authority.key),
        signingAlgorithm: algorithm,
        extensions: [
            new BasicConstraintsExtension(false, undefined, true),
            new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
            new ExtendedKeyUsageExtension(request.usages.map(usageOf)),
            await SubjectKeyIdentifierExtension.create(keys.publicKey),
            await AuthorityKeyIdentifierExtension.create(issuer),
            ...(alternativeNames.length > 0 ? [new SubjectAlternativeNameExtension(alternativeNames)] : []),
        ],
    });
    return { certificate: pem(certificate), key: await exportKey(keys.privateKey) };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
    return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** PKCS#8, which every program of the node supports. */
async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
    return `${PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function importKey(key: string): Promise<webcrypto.CryptoKey> {
    return crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(key), algorithm, false, ["sign"]);
}

function pem(certificate: X509Certificate): string {
    return `${certificate.toString("pem")}\n`;
}

function subjectOf({ commonName, organizations = [] }: CertificateRequest): JsonName {
    return [...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }];
}

function namesOf({ dnsNames = [], addresses = [], uris = [] }: CertificateRequest): JsonGeneralName[] {
    return [
        ...uris.map((value) => ({ type: "url" as const, value })),
        ...dnsNames.map((value) => ({ type: "dns" as const, value })),
        ...addresses.map((value) => ({ type: "ip" as const, value })),
    ];
}

function usageOf(usage: "server" | "client"): ExtendedKeyUsage {
    return usage === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
}
