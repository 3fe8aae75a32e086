/** Workload certificates with SPIFFE IDs, as TLS transport sockets of a static Envoy configuration. */
import { type KeyPair, createAuthority as createRoot, issue } from "../../../local/node/authority";
import { EXTENSIONS, type Json } from "./patched";

export interface Authority {
    /** A transport socket for clients, which present this identity. */
    client(principal: string): Promise<Json>;
    /** A transport socket for servers, which require a client certificate of this authority. */
    server(principal: string): Promise<Json>;
}

/** Creates a certificate authority whose key is not stored. */
export async function createAuthority(): Promise<Authority> {
    const root = await createRoot("test");
    const identity = (principal: string, usage: "client" | "server") =>
        issue(root, { commonName: "workload", uris: [`spiffe://${principal}`], usages: [usage] });
    return {
        client: async (principal) =>
            tlsSocket("UpstreamTlsContext", await identity(principal, "client"), root),
        server: async (principal) =>
            tlsSocket("DownstreamTlsContext", await identity(principal, "server"), root, {
                require_client_certificate: true,
            }),
    };
}

/** A transport socket that presents the certificate of `keyPair` and trusts certificates of `authority`. */
export function tlsSocket(
    type: "UpstreamTlsContext" | "DownstreamTlsContext",
    keyPair: KeyPair,
    authority: Pick<KeyPair, "certificate">,
    more: Json = {},
): Json {
    const inline = (inline_string: string) => ({ inline_string });
    return {
        name: "envoy.transport_sockets.tls",
        typed_config: {
            "@type": `${EXTENSIONS}.transport_sockets.tls.v3.${type}`,
            ...more,
            common_tls_context: {
                tls_certificates: [
                    { certificate_chain: inline(keyPair.certificate), private_key: inline(keyPair.key) },
                ],
                validation_context: { trusted_ca: inline(authority.certificate) },
            },
        },
    };
}
