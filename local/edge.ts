import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "./digest";
import type { KeyPair } from "./node/authority";
import { ensureIdentity, pkiFiles } from "./node/pki";
import { stateFiles } from "./node/state";
import { paths } from "./paths";

/** What a gateway needs in order to serve TLS, and its clients in order to trust it; all PEM. */
export interface EdgeCertificate extends KeyPair {
    readonly authority: string;
}

/**
 * A certificate for a server at the mesh's edge, signed by the node's edge authority, which signs nothing
 * else. The same names get the same certificate until it is about to expire.
 *
 * @param dnsNames at least one, in any order
 * @throws Error where no name is given
 */
export async function issueEdgeCertificate(dnsNames: readonly string[]): Promise<EdgeCertificate> {
    const names = [...new Set(dnsNames)].sort();
    const [first] = names;
    if (first === undefined) throw new Error("An edge certificate needs at least one DNS name.");
    const { edge } = stateFiles(paths().state);
    const pair = await ensureIdentity(edge, `edge-${digestOf(names)}`, {
        authority: "edge",
        // A subject's common name holds no more than 64 characters; the names that count are the DNS names.
        commonName: first.slice(0, 64),
        dnsNames: names,
        usages: ["server"],
    });
    return { ...pair, authority: await readFile(join(edge, pkiFiles.authority("edge")), "utf8") };
}
