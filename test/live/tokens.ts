/** Tokens that the local gateways accept, and clients that present them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Sign, signer } from "../../cli/verify";
import type { Issuer } from "../../config/edge";
import { readSigningKey } from "../../local";

/** Signs tokens as `issuer`, with the key that `mesh up` generated. */
export async function signerOf(issuer: Issuer | undefined): Promise<Sign> {
    const key = await readSigningKey();
    assert.ok(key !== undefined && issuer !== undefined);
    return signer(key, issuer);
}

/** A client's header, by default for a new tenant and client, which no limit has counted. */
export function bearer(sign: Sign, token: Partial<Parameters<Sign>[0]> = {}): Record<string, string> {
    return { authorization: `Bearer ${sign({ tenant: randomUUID(), subject: randomUUID(), ...token })}` };
}
