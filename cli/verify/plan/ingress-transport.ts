/** Transport checks: TLS 1.2 or 1.3, and plain HTTP only for a redirect to HTTPS. */
import type { ExposureEdge } from "../../../catalogue/query";
import { GATEWAY_PORTS } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Expected, TlsVersions, WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./ingress-draft";
import { validToken } from "./ingress-tokens";
import { requestsFor } from "./requests";
import { unknownCase } from "../../../catalogue/never";

const ACCEPTED: readonly TlsVersions[] = [{ minVersion: "1.2", maxVersion: "1.2" }, { minVersion: "1.3" }];
const TOO_OLD: TlsVersions = { maxVersion: "1.1" };

/** The checks of each port of a gateway, with the first host on it. */
export function transportChecks(exposuresOfGateway: readonly ExposureEdge[], platform: Platform): Draft[] {
    const byPort = new Map<number, ExposureEdge>();
    for (const edge of exposuresOfGateway) {
        const port = edge.exposure.listen ?? GATEWAY_PORTS.https;
        if (!byPort.has(port)) byPort.set(port, edge);
    }
    return [
        ...[...byPort.values()].flatMap((edge) => [...versions(edge, platform), ...redirect(edge, platform)]),
        ...exposuresOfGateway
            .filter(({ port }) => port.protocol !== "tcp")
            .slice(0, 1)
            .map((edge) => forged(edge, platform)),
    ];
}

/** A PROXY protocol header with documentation addresses (RFC 5737). */
const FORGED = "PROXY TCP4 203.0.113.7 203.0.113.8 4711 443";

/**
 * A pod that forges a PROXY protocol header. Without a load balancer, the gateway does not parse the header and sees
 * invalid TLS; otherwise it denies the request, because the pod is not a load balancer.
 */
function forged(edge: ExposureEdge, platform: Platform): Draft {
    const base = draft(edge, platform, validToken(edge, platform));
    const isDirect = platform.config.edge.clientAddress === "direct";
    return {
        ...base,
        ingress: { ...base.ingress, proxyHeader: FORGED },
        request: requestOf(edge),
        expected: { kind: isDirect ? "handshake-rejected" : "rbac" },
        reason: `${base.reason}; pods must not forge PROXY protocol headers`,
    };
}

function versions(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = draft(edge, platform);
    const request = requestOf(edge);
    const over = (transport: TlsVersions, expected: Expected, reason: string): Draft => ({
        ...base,
        ingress: { ...base.ingress, transport },
        request,
        expected,
        reason: `${base.reason}, ${reason}`,
    });
    return [
        ...ACCEPTED.map((transport) => over(transport, withoutToken(edge, platform), "over TLS 1.2 and 1.3")),
        over(TOO_OLD, { kind: "tls-version-rejected" }, "not over TLS versions before 1.2"),
    ];
}

/** The expected result for a client without a token. */
function withoutToken(edge: ExposureEdge, platform: Platform): Expected {
    if (edge.exposure.authentication === "jwt") return { kind: "rbac" };
    return {
        kind: "answered",
        caller: edge.port.protocol === "tcp" ? null : gatewayCaller(edge, platform),
    };
}

function redirect(edge: ExposureEdge, platform: Platform): Draft[] {
    const request = plainRequest(requestOf(edge));
    if (request === undefined) return [];
    const base = draft(edge, platform);
    return [
        {
            ...base,
            ingress: { ...base.ingress, port: GATEWAY_PORTS.http, transport: "plain" },
            request,
            expected: { kind: "redirect", location: `https://${base.ingress.host}${request.path}` },
            reason: `${base.reason}, over HTTPS only`,
        },
    ];
}

/** The request as plain HTTP: gRPC and WebSocket also start as HTTP. */
function plainRequest(request: WireRequest): Extract<WireRequest, { protocol: "http" }> | undefined {
    switch (request.protocol) {
        case "http":
            return request;
        case "grpc":
            return { protocol: "http", method: "POST", path: request.method };
        case "ws":
            return { protocol: "http", method: "GET", path: request.path };
        case "tcp":
            return undefined;
        default:
            return unknownCase(request);
    }
}

function requestOf({ port, exposure }: ExposureEdge): WireRequest {
    const [request] = requestsFor(port, exposure);
    if (request !== undefined) return request;
    throw new Error("an exposure has no operations: load the catalogue with catalogue/load.ts");
}
