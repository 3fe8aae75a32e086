import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { join } from "node:path";

import { digestOf, type Json } from "../digest";
import { readIfPresent, writeAtomically } from "../files";
import { type CertificateRequest, createAuthority, issue, type KeyPair, lifetimes } from "./authority";
import { settings } from "./settings";

/**
 * The authorities. Each vouches for one thing only, so that a certificate of one can never pass for
 * another: a kubelet's serving certificate is no client of the API, nor is the edge's.
 */
export type AuthorityName = "cluster" | "kubelet" | "etcd" | "front-proxy" | "metrics" | "outside";

/** A certificate of the node: which authority signs it, and for whom. */
export interface Identity extends CertificateRequest {
    readonly authority: AuthorityName;
}

/** Certificates are replaced when they have less than this left. */
const renewBefore = 30 * 24 * 3600 * 1000;

/** Every certificate of the node, by the name of its file. `address` is the node's, as the host sees it. */
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

/** The names of the files in a node's `pki` folder. */
export const pkiFiles = {
    /** Certificate alone: what others need in order to trust. */
    authority: (name: AuthorityName): string => `ca-${name}.crt`,
    /** Key and certificate in one file, so that the two cannot be out of step after a kill. */
    identity: (name: string): string => `${name}.pem`,
    serviceAccountKey: "service-account.key",
    serviceAccountPublicKey: "service-account.pub",
} as const;

/**
 * Makes whatever is missing in the folder of keys and certificates, and replaces what expires soon or no
 * longer fits. Files are 0600; complete ones are left alone.
 */
export async function ensurePki(folder: string, wanted: Readonly<Record<string, Identity>>): Promise<void> {
    for (const [name, identity] of Object.entries(wanted)) await ensureIdentity(folder, name, identity);
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

/** One identity's key and certificate, made or replaced as needed. */
export async function ensureIdentity(folder: string, name: string, identity: Identity): Promise<KeyPair> {
    const authority = await ensureAuthority(folder, identity.authority);
    const file = join(folder, pkiFiles.identity(name));
    const { authority: signer, ...request } = identity;
    const made = await readPair(file);
    const label = digestOf({ request: request as unknown as Json, signer, by: authority.certificate });
    if (made?.label === label && made.until.getTime() - Date.now() > renewBefore) return made;
    const pair = await issue(authority, request);
    await writePair(file, { ...pair, label, until: new Date(Date.now() + lifetimes.leaf) });
    return pair;
}

/**
 * An identity's key and certificate that exist already.
 *
 * @throws Error where they do not
 */
export async function readIdentity(folder: string, name: string): Promise<KeyPair> {
    const file = join(folder, pkiFiles.identity(name));
    const pair = await readPair(file);
    if (!pair) throw new Error(`There is no key with certificate in ${file}: start the node once more.`);
    return pair;
}

/** An authority's key and certificate, made on first use. */
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

/** A pair as it lies on disk. The label stands for what it was made for. */
interface LabelledPair extends KeyPair {
    readonly label: string;
    readonly until: Date;
}

/** Text ahead of the first block is legal in PEM, and every reader skips it. */
const heading = /^made for: (\S+)\nvalid until: (\S+)\n/;

async function readPair(file: string): Promise<LabelledPair | undefined> {
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

async function writePair(file: string, pair: LabelledPair): Promise<void> {
    const head = `made for: ${pair.label}\nvalid until: ${pair.until.toISOString()}\n`;
    await writeAtomically(file, `${head}${pair.key}${pair.certificate}`);
}

function publicKeyOf(privateKey: string): string {
    return createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
}
