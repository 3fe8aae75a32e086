/** How a client must connect to the gateways: by TLS 1.2 or 1.3, and in plain HTTP only to be sent to HTTPS. */
import type { ExposureEdge } from "../../../catalogue/query";
import { GATEWAY_PORTS } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Expected, TlsVersions, WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./entry-draft";
import { rightToken } from "./entry-tokens";
import { asked } from "./requests";
import { unknownCase } from "../../../catalogue/never";

const ACCEPTED: readonly TlsVersions[] = [{ minVersion: "1.2", maxVersion: "1.2" }, { minVersion: "1.3" }];
const TOO_OLD: TlsVersions = { maxVersion: "1.1" };

/** On each port of one gateway, with the first host that it serves there. */
export function transportChecks(own: readonly ExposureEdge[], platform: Platform): Draft[] {
    const byPort = new Map<number, ExposureEdge>();
    for (const edge of own) {
        const port = edge.exposure.listen ?? GATEWAY_PORTS.https;
        if (!byPort.has(port)) byPort.set(port, edge);
    }
    return [
        ...[...byPort.values()].flatMap((edge) => [...versions(edge, platform), ...redirect(edge, platform)]),
        ...own
            .filter(({ port }) => port.protocol !== "tcp")
            .slice(0, 1)
            .map((edge) => forged(edge, platform)),
    ];
}

/** An address that is no client's here (RFC 5737), and its port. */
const FORGED = "PROXY TCP4 203.0.113.7 203.0.113.8 4711 443";

/**
 * A pod that says whose connection it passes on. Where clients come without a load balancer, a gateway reads no such header
 * and sees no TLS; elsewhere it is refused because the pod is no load balancer.
 */
function forged(edge: ExposureEdge, platform: Platform): Draft {
    const base = draft(edge, platform, rightToken(edge, platform));
    const isDirect = platform.config.edge.clientAddress === "direct";
    return {
        ...base,
        entry: { ...base.entry, proxyHeader: FORGED },
        request: requestOf(edge),
        expected: { kind: isDirect ? "refused-handshake" : "rbac" },
        because: `${base.because}; no pod says by a PROXY protocol header which client it is`,
    };
}

function versions(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = draft(edge, platform);
    const request = requestOf(edge);
    const over = (transport: TlsVersions, expected: Expected, because: string): Draft => ({
        ...base,
        entry: { ...base.entry, transport },
        request,
        expected,
        because: `${base.because}, ${because}`,
    });
    return [
        ...ACCEPTED.map((transport) => over(transport, withoutToken(edge, platform), "over TLS 1.2 and 1.3")),
        over(TOO_OLD, { kind: "no-tls-version" }, "over no TLS older than 1.2"),
    ];
}

/** What a client without a token gets, once it is connected. */
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
            entry: { ...base.entry, port: GATEWAY_PORTS.http, transport: "plain" },
            request,
            expected: { kind: "redirect", location: `https://${base.entry.host}${request.path}` },
            because: `${base.because}, by HTTPS only`,
        },
    ];
}

/** What of a request is seen before anything else is agreed on: also gRPC and WebSocket begin as HTTP. */
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
    const [request] = asked(port, exposure);
    if (request !== undefined) return request;
    throw new Error("an exposure asks for nothing: load it by catalogue/load.ts");
}
