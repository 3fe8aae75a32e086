/** How a gateway's server ends a TLS handshake, for the simulated mesh. */
import type { Entry } from "../../cli/verify/model";
import { type Server, isTooOld } from "./simulated-policy";

/** The alert; undefined if there is a connection. */
export function handshake({ transport, clientCertificate }: Entry, server: Server): string | undefined {
    if (transport === "plain") return undefined;
    if (isTooOld(transport?.maxVersion, server)) return "protocol version not supported";
    const isTrusted = clientCertificate !== undefined && clientCertificate.foreign !== true;
    return server.tls?.mode === "MUTUAL" && !isTrusted ? "certificate required" : undefined;
}
