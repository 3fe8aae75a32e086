/** Client certificate checks: missing and untrusted certificates, and requests over another host's TLS connection. */
import { GATEWAY_PORTS } from "../../../components/base/names";
import type { ExposureEdge } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import type { IngressTarget, WireRequest } from "../model";
import { type Draft, draft } from "./ingress-draft";
import { validToken } from "./ingress-tokens";
import { requestsFor } from "./requests";

/** @param exposuresOfGateway all exposures of the gateway: requests could arrive over their TLS connections */
export function certificateChecks(
    edge: ExposureEdge,
    exposuresOfGateway: readonly ExposureEdge[],
    platform: Platform,
): Draft[] {
    const { clientCertificate } = edge.exposure;
    if (clientCertificate === undefined) return [];
    const base = { ...draft(edge, platform, validToken(edge, platform)), request: firstRequest(edge) };
    const { authority } = clientCertificate;
    const reason = `${base.reason}, only with a client certificate of ${authority}`;
    return [
        {
            ...base,
            ingress: withoutCertificate(base.ingress),
            expected: { kind: "certificate-rejected" },
            reason: `${reason}; this one has none`,
        },
        {
            ...base,
            ingress: { ...base.ingress, clientCertificate: { authority, foreign: true } },
            expected: { kind: "certificate-rejected" },
            reason: `${reason}; this one is of another CA`,
        },
        ...byAnotherHandshake(edge, exposuresOfGateway, platform),
    ];
}

/** A host must not be reachable over a TLS connection with the SNI of another host, which may require less. */
function byAnotherHandshake(
    edge: ExposureEdge,
    exposuresOfGateway: readonly ExposureEdge[],
    platform: Platform,
): Draft[] {
    const other = exposuresOfGateway.find(
        ({ exposure, port }) => port.protocol !== "tcp" && exposure.clientCertificate === undefined,
    );
    if (edge.port.protocol === "tcp" || other === undefined) return [];
    const here = draft(edge, platform, validToken(edge, platform));
    const there = draft(other, platform, validToken(other, platform));
    return [
        {
            ...here,
            ingress: {
                ...withoutCertificate(here.ingress),
                port: GATEWAY_PORTS.https,
                certificate: there.ingress.certificate,
                serverName: there.ingress.host,
            },
            request: firstRequest(edge),
            // RBAC denies it before routing fails.
            expected: { kind: "rbac" },
            reason: `${here.reason}, not with the SNI of ${there.ingress.host}, which requires no certificate`,
        },
        {
            ...there,
            ingress: {
                ...there.ingress,
                certificate: here.ingress.certificate,
                serverName: here.ingress.host,
                ...(here.ingress.clientCertificate && { clientCertificate: here.ingress.clientCertificate }),
            },
            request: firstRequest(other),
            expected: { kind: "no-route" },
            reason: `${there.reason}, not with the SNI of ${here.ingress.host}`,
        },
    ];
}

function withoutCertificate(ingress: IngressTarget): IngressTarget {
    const rest: { -readonly [K in keyof IngressTarget]: IngressTarget[K] } = { ...ingress };
    delete rest.clientCertificate;
    return rest;
}

function firstRequest({ port, exposure }: ExposureEdge): WireRequest {
    const [first] = requestsFor(port, exposure);
    if (first !== undefined) return first;
    throw new Error("an exposure has no operations: load the catalogue with catalogue/load.ts");
}
