import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { join } from "node:path";

import { digestOf } from "../lib/digest";
import { readIfPresent, writeAtomically } from "../lib/files";
import { stateFiles } from "./state";
import { paths } from "../lib/paths";

/** The key with which the node's issuer signs tokens, so that the edge can be tried without an identity provider. */
export interface SigningKey {
    readonly key: KeyObject;
    /** The key ID in tokens (`kid`). */
    readonly id: string;
    /** The public key, as the text of a JWK set. */
    readonly jwks: string;
}

/** The algorithm of its tokens (RFC 7518): ECDSA on P-256 with SHA-256. */
export const SIGNING_ALGORITHM = "ES256";

/** This machine's key, created if missing. It is removed with the state folder. */
export async function ensureSigningKey(): Promise<SigningKey> {
    const existing = await readSigningKey();
    if (existing !== undefined) return existing;
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await writeAtomically(keyFile(), privateKey.export({ type: "pkcs8", format: "pem" }) as string);
    return describe(privateKey);
}

/** This machine's key, if an earlier run created it. */
export async function readSigningKey(): Promise<SigningKey | undefined> {
    const pem = await readIfPresent(keyFile());
    return pem === undefined ? undefined : describe(createPrivateKey(pem));
}

function keyFile(): string {
    return join(stateFiles(paths().state).edge, "issuer.key");
}

function describe(key: KeyObject): SigningKey {
    const { kty, crv, x, y } = createPublicKey(key).export({ format: "jwk" });
    const id = digestOf({ kty: kty ?? "", crv: crv ?? "", x: x ?? "", y: y ?? "" });
    const jwk = { kty, crv, x, y, kid: id, alg: SIGNING_ALGORITHM, use: "sig" };
    return { key, id, jwks: JSON.stringify({ keys: [jwk] }) };
}
