/** Reads the gateways' CAs and the client certificates from the cluster. */
import { clientSecret } from "../../../components/shared/tls/client-authorities";
import { NAMESPACES } from "../../../components/base/names";
import type { KeyPair } from "../probe/wire";
import type { Check, Unchecked } from "../model";
import type { Cluster } from "../../lib/cluster/cluster";

interface Certificates {
    /** PEM, by the name of the gateway's Secret. */
    readonly certificates: ReadonlyMap<string, string>;
    readonly missing: Unchecked[];
}

export async function readCertificates(cluster: Cluster, checks: readonly Check[]): Promise<Certificates> {
    const entries = new Map(
        checks.flatMap(({ ingress }) =>
            ingress === undefined ? [] : [[ingress.certificate, ingress.gateway] as const],
        ),
    );
    const certificates = new Map<string, string>();
    const missing: Certificates["missing"] = [];
    for (const [name, gateway] of entries) {
        const secret = await cluster.get("Secret", NAMESPACES.ingress, name);
        const pem = authorityIn((secret as { data?: Record<string, string> } | undefined)?.data ?? {});
        if (pem !== undefined) certificates.set(name, pem);
        else {
            const reason = `Secret ${NAMESPACES.ingress}/${name} with its certificate is missing or empty`;
            const part = `ingress through ${gateway}`;
            missing.push({ part, reason, optional: "certificates", requested: false });
        }
    }
    return { certificates, missing };
}

/** The client certificates that checks present, as far as the stack creates them. */
export async function readClients(
    cluster: Cluster,
    checks: readonly Check[],
): Promise<ReadonlyMap<string, KeyPair>> {
    const authorities = new Set(checks.flatMap(({ ingress }) => ingress?.clientCertificate?.authority ?? []));
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

/** The CA that cert-manager writes next to a certificate, else the last certificate of the chain. */
function authorityIn(data: Readonly<Record<string, string>>): string | undefined {
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
    const ca = text("ca.crt").trim();
    if (ca !== "") return `${ca}\n`;
    return text("tls.crt")
        .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
        ?.at(-1);
}
