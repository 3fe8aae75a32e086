/** Certificates with a SPIFFE ID, as workloads have them, in the form in which a static Envoy configuration holds them. */
import { type KeyPair, createAuthority as createRoot, issue } from "../../../local/node/authority";
import { EXTENSIONS, type Json } from "./patched";

export interface Authority {
    /** A transport socket for clients: the workload calls with its identity. */
    client(principal: string): Promise<Json>;
    /** A transport socket for servers: callers must have a certificate of this authority. */
    server(principal: string): Promise<Json>;
}

/** An authority of its own, with keys that nobody keeps. */
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

/** A transport socket that presents `own` and takes certificates of `authority`. */
export function tlsSocket(
    type: "UpstreamTlsContext" | "DownstreamTlsContext",
    own: KeyPair,
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
                    { certificate_chain: inline(own.certificate), private_key: inline(own.key) },
                ],
                validation_context: { trusted_ca: inline(authority.certificate) },
            },
        },
    };
}
