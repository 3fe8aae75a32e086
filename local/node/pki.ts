import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { join } from "node:path";

import { digestOf, type Json } from "../lib/digest";
import { readIfPresent, writeAtomically } from "../lib/files";
import { type CertificateRequest, createAuthority, issue, type KeyPair, lifetimes } from "./authority";
import { settings } from "./settings";

/**
 * The certificate authorities. Each has a single purpose, so that a certificate of one is never accepted for another: a
 * kubelet's serving certificate cannot authenticate a client of the API.
 */
export type AuthorityName = "cluster" | "kubelet" | "etcd" | "front-proxy" | "metrics" | "external-services";

/** A certificate of the node: its CA and its subject. */
export interface Identity extends CertificateRequest {
    readonly authority: AuthorityName;
}

/** Certificates are renewed when they expire within this time, in milliseconds. */
const renewBefore = 30 * 24 * 3600 * 1000;

/** All certificates of the node, by file name. `address` is the node's address for the host. */
export function identities(address: string): Readonly<Record<string, Identity>> {
    const { nodeName, clusterDomain, apiServiceAddress } = settings;
    const client = (commonName: string, ...organizations: string[]): Identity => ({
        authority: "cluster",
        commonName,
        organizations,
        usages: ["client"],
    });
    const loopback = { dnsNames: ["localhost"], addresses: ["127.0.0.1"] };
    const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    const metrics = ["metrics-server.kube-system", "metrics-server.kube-system.svc"];
    return {
        "etcd-server": { authority: "etcd", commonName: "etcd", ...loopback, usages: ["server"] },
        "etcd-peer": {
            authority: "etcd",
            commonName: "etcd-peer",
            ...loopback,
            usages: ["server", "client"],
        },
        "etcd-client": { authority: "etcd", commonName: "kube-apiserver", usages: ["client"] },
        apiserver: {
            authority: "cluster",
            commonName: "kube-apiserver",
            dnsNames: ["localhost", nodeName, ...service, `kubernetes.default.svc.${clusterDomain}`],
            addresses: ["127.0.0.1", apiServiceAddress, address],
            usages: ["server"],
        },
        "apiserver-kubelet-client": client("kube-apiserver-kubelet-client"),
        "front-proxy-client": {
            authority: "front-proxy",
            commonName: "front-proxy-client",
            usages: ["client"],
        },
        "kubelet-client": client(`system:node:${nodeName}`, "system:nodes"),
        "kubelet-server": {
            authority: "kubelet",
            commonName: `system:node:${nodeName}`,
            organizations: ["system:nodes"],
            dnsNames: [nodeName],
            addresses: [address],
            usages: ["server"],
        },
        "controller-manager": client("system:kube-controller-manager"),
        "controller-manager-server": {
            authority: "cluster",
            commonName: "kube-controller-manager",
            ...loopback,
            usages: ["server"],
        },
        scheduler: client("system:kube-scheduler"),
        "scheduler-server": {
            authority: "cluster",
            commonName: "kube-scheduler",
            ...loopback,
            usages: ["server"],
        },
        "kube-proxy": client("system:kube-proxy"),
        admin: client("sparc-mesh-admin", "system:masters"),
        "metrics-server": {
            authority: "metrics",
            commonName: "metrics-server",
            dnsNames: metrics,
            usages: ["server"],
        },
    };
}

/** File names in a node's `pki` folder. */
export const pkiFiles = {
    /** The CA's certificate, for clients. */
    authority: (name: AuthorityName): string => `ca-${name}.crt`,
    /** Key and certificate in one file, so that they match even after a kill. */
    identity: (name: string): string => `${name}.pem`,
    serviceAccountKey: "service-account.key",
    serviceAccountPublicKey: "service-account.pub",
} as const;

/**
 * Creates missing keys and certificates, and replaces those that expire soon or are out of date. Files have mode 0600.
 */
export async function ensurePki(
    folder: string,
    identitiesByName: Readonly<Record<string, Identity>>,
): Promise<void> {
    for (const [name, identity] of Object.entries(identitiesByName))
        await ensureIdentity(folder, name, identity);
    const keyFile = join(folder, pkiFiles.serviceAccountKey);
    if ((await readIfPresent(keyFile)) === undefined) {
        const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
        await writeAtomically(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    }
    await writeAtomically(
        join(folder, pkiFiles.serviceAccountPublicKey),
        publicKeyOf((await readIfPresent(keyFile)) ?? ""),
    );
}

/** An identity's key and certificate, created or replaced if necessary. */
export async function ensureIdentity(folder: string, name: string, identity: Identity): Promise<KeyPair> {
    const authority = await ensureAuthority(folder, identity.authority);
    const file = join(folder, pkiFiles.identity(name));
    const { authority: signer, ...request } = identity;
    const existing = await readPair(file);
    const label = digestOf({ request: request as unknown as Json, signer, by: authority.certificate });
    if (existing?.label === label && existing.until.getTime() - Date.now() > renewBefore) return existing;
    const pair = await issue(authority, request);
    await writePair(file, { ...pair, label, until: new Date(Date.now() + lifetimes.leaf) });
    return pair;
}

/**
 * An identity's existing key and certificate.
 *
 * @throws Error if they do not exist
 */
export async function readIdentity(folder: string, name: string): Promise<KeyPair> {
    const file = join(folder, pkiFiles.identity(name));
    const pair = await readPair(file);
    if (!pair) throw new Error(`${file} does not contain a key and certificate. Start the node again.`);
    return pair;
}

/** A CA's key and certificate, created on first use. */
export async function ensureAuthority(folder: string, name: AuthorityName): Promise<KeyPair> {
    const file = join(folder, `ca-${name}.pem`);
    let pair: KeyPair | undefined = await readPair(file);
    if (!pair) {
        pair = await createAuthority(`sparc-mesh ${name}`);
        await writePair(file, { ...pair, label: name, until: new Date(Date.now() + lifetimes.authority) });
    }
    await writeAtomically(join(folder, pkiFiles.authority(name)), pair.certificate);
    return pair;
}

/** A key pair on disk. The label is a digest of the certificate request. */
interface LabeledPair extends KeyPair {
    readonly label: string;
    readonly until: Date;
}

/** PEM allows text before the first block; readers skip it. */
const heading = /^made for: (\S+)\nvalid until: (\S+)\n/;

async function readPair(file: string): Promise<LabeledPair | undefined> {
    const text = await readIfPresent(file);
    const [head = "", label, until] = heading.exec(text ?? "") ?? [];
    if (text === undefined || label === undefined || until === undefined) return undefined;
    const start = text.indexOf("-----BEGIN CERTIFICATE-----");
    return {
        label,
        until: new Date(until),
        key: text.slice(head.length, start),
        certificate: text.slice(start),
    };
}

async function writePair(file: string, pair: LabeledPair): Promise<void> {
    const head = `made for: ${pair.label}\nvalid until: ${pair.until.toISOString()}\n`;
    await writeAtomically(file, `${head}${pair.key}${pair.certificate}`);
}

function publicKeyOf(privateKey: string): string {
    return createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
}
