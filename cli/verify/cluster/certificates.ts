/** The CAs that vouch for the gateways. */
import { clientSecret } from "../../../components/base/client-authorities";
import { NAMESPACES } from "../../../components/base/names";
import type { KeyPair } from "../ask/wire";
import type { Check, Unchecked } from "../model";
import type { Cluster } from "./cluster";

interface Certificates {
    /** PEM, by the name of the gateway's Secret. */
    readonly certificates: ReadonlyMap<string, string>;
    readonly missing: Unchecked[];
}

export async function readCertificates(cluster: Cluster, checks: readonly Check[]): Promise<Certificates> {
    const entries = new Map(
        checks.flatMap(({ entry }) =>
            entry === undefined ? [] : [[entry.certificate, entry.gateway] as const],
        ),
    );
    const certificates = new Map<string, string>();
    const missing: Certificates["missing"] = [];
    for (const [name, gateway] of entries) {
        const secret = await cluster.get("Secret", NAMESPACES.ingress, name);
        const pem = authorityIn((secret as { data?: Record<string, string> } | undefined)?.data ?? {});
        if (pem !== undefined) certificates.set(name, pem);
        else {
            const why = `the Secret ${NAMESPACES.ingress}/${name} with its certificate is missing or empty`;
            const part = `entry through ${gateway}`;
            missing.push({ part, why, optional: "certificates", requested: false });
        }
    }
    return { certificates, missing };
}

/** A client's certificate of each authority that checks present one of, where the stack has one made. */
export async function readClients(
    cluster: Cluster,
    checks: readonly Check[],
): Promise<ReadonlyMap<string, KeyPair>> {
    const authorities = new Set(checks.flatMap(({ entry }) => entry?.clientCertificate?.authority ?? []));
    const pairs = new Map<string, KeyPair>();
    for (const authority of authorities) {
        const secret = await cluster.get("Secret", NAMESPACES.ingress, clientSecret(authority));
        const data = (secret as { data?: Record<string, string> } | undefined)?.data ?? {};
        const [certificate, key] = ["tls.crt", "tls.key"].map((name) =>
            Buffer.from(data[name] ?? "", "base64").toString("utf8"),
        );
        if (certificate && key) pairs.set(authority, { certificate, key });
    }
    return pairs;
}

/** What cert-manager writes beside a certificate; where there is none, the last of the chain. */
function authorityIn(data: Readonly<Record<string, string>>): string | undefined {
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
    const ca = text("ca.crt").trim();
    if (ca !== "") return `${ca}\n`;
    return text("tls.crt")
        .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
        ?.at(-1);
}
