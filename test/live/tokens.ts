/** Tokens that the node's gateways take, and clients that bring them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Sign, signer } from "../../cli/verify";
import type { Issuer } from "../../config/edge";
import { readSigningKey } from "../../local";

/** Signs as `issuer` does, with the key that `mesh up` made. */
export async function signerOf(issuer: Issuer | undefined): Promise<Sign> {
    const key = await readSigningKey();
    assert.ok(key !== undefined && issuer !== undefined);
    return signer(key, issuer);
}

/** The header of a client; of a tenant, and a client, that nobody counted for before, unless it is said which. */
export function bearer(sign: Sign, token: Partial<Parameters<Sign>[0]> = {}): Record<string, string> {
    return { authorization: `Bearer ${sign({ tenant: randomUUID(), subject: randomUUID(), ...token })}` };
}
