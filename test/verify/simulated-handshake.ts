/** Simulates how a gateway's server ends a TLS handshake. */
import type { IngressTarget } from "../../cli/verify/model";
import { type Server, isTooOld } from "./simulated-policy";

/** The TLS alert; undefined if the handshake succeeds. */
export function handshake(
    { transport, clientCertificate }: IngressTarget,
    server: Server,
): string | undefined {
    if (transport === "plain") return undefined;
    if (isTooOld(transport?.maxVersion, server)) return "protocol version not supported";
    const isTrusted = clientCertificate !== undefined && clientCertificate.foreign !== true;
    return server.tls?.mode === "MUTUAL" && !isTrusted ? "certificate required" : undefined;
}
