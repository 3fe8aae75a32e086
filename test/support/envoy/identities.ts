/** Certificates with a SPIFFE ID, as workloads have them, in the form in which a static Envoy configuration holds them. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { EXTENSIONS, type Json } from "./patched";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR_MS = 3_600_000;

interface Identity {
    readonly certificate: string;
    readonly key: string;
    readonly authority: string;
}

export interface Authority {
    /** A transport socket for clients: the workload calls with its identity. */
    client(principal: string): Promise<Json>;
    /** A transport socket for servers: callers must have a certificate of this authority. */
    server(principal: string): Promise<Json>;
}

/** An authority of its own, with keys that nobody keeps. */
export async function createAuthority(): Promise<Authority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const root = await X509CertificateGenerator.createSelfSigned({
        name: "CN=test",
        keys,
        signingAlgorithm: ALGORITHM,
        ...lifetime(),
    });
    const issue = async (principal: string): Promise<Identity> => {
        const own = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
        const certificate = await X509CertificateGenerator.create({
            subject: "",
            issuer: root.subject,
            publicKey: own.publicKey,
            signingKey: keys.privateKey,
            signingAlgorithm: ALGORITHM,
            extensions: [
                new SubjectAlternativeNameExtension([{ type: "url", value: `spiffe://${principal}` }], true),
            ],
            ...lifetime(),
        });
        const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
        return {
            certificate: certificate.toString("pem"),
            key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
            authority: root.toString("pem"),
        };
    };
    return {
        client: async (principal) => socket("UpstreamTlsContext", await issue(principal), {}),
        server: async (principal) =>
            socket("DownstreamTlsContext", await issue(principal), { require_client_certificate: true }),
    };
}

function socket(type: string, { certificate, key, authority }: Identity, more: Json): Json {
    return {
        name: "envoy.transport_sockets.tls",
        typed_config: {
            "@type": `${EXTENSIONS}.transport_sockets.tls.v3.${type}`,
            ...more,
            common_tls_context: {
                tls_certificates: [
                    {
                        certificate_chain: { inline_string: certificate },
                        private_key: { inline_string: key },
                    },
                ],
                validation_context: { trusted_ca: { inline_string: authority } },
            },
        },
    };
}

function lifetime() {
    return { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
}
