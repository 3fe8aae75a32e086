/**
 * Ingress checks: authorized clients get a response to exposed requests, all other requests are denied, and a gateway
 * serves only the hosts that are exposed at it.
 */
import type { Exposure } from "../../../catalogue/model";
import { type ExposureEdge, exposures } from "../../../catalogue/query";
import { INGRESS_GATEWAYS } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Check, WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./ingress-draft";
import { certificateChecks } from "./ingress-certificates";
import { clientChecks, spellingChecks } from "./ingress-clients";
import { pathChecks } from "./ingress-paths";
import { validToken, tokenChecks } from "./ingress-tokens";
import { transportChecks } from "./ingress-transport";
import { requestsFor, describeRequest, deniedRequests } from "./requests";

type GatewayKey = keyof typeof INGRESS_GATEWAYS;

/** A host that no service exposes. */
const NO_SUCH_HOST = "mesh-verify-not-exposed";

export function ingressChecks(platform: Platform): Check[] {
    const all = exposures(platform.catalogue);
    const routed = all.filter(({ port }) => port.protocol !== "tcp");
    const checks = (Object.keys(INGRESS_GATEWAYS) as GatewayKey[]).flatMap((gateway) => {
        const gatewayExposures = all.filter(({ exposure }) => exposure.gateway === gateway);
        if (gatewayExposures.length === 0) return [];
        return [
            ...gatewayExposures.flatMap((edge) => [
                ...allowed(edge, platform),
                ...denied(edge, platform),
                ...tokenChecks(edge, platform),
                ...clientChecks(edge, platform),
                ...pathChecks(edge, platform),
                ...certificateChecks(edge, gatewayExposures, platform),
            ]),
            ...gatewayExposures
                .filter(({ port }) => port.protocol === "http")
                .slice(0, 1)
                .flatMap((edge) => spellingChecks(edge, platform)),
            ...notExposed(gateway, routed, platform),
            ...transportChecks(gatewayExposures, platform),
        ];
    });
    const counts = new Map<string, number>();
    return checks.map((check) => {
        const { gateway, host } = check.ingress;
        const index = counts.get(`${gateway}/${host}`) ?? 0;
        counts.set(`${gateway}/${host}`, index + 1);
        return { id: `ingress/${gateway}/${host}/${index}`, ...check };
    });
}

/** Each exposed request, from a client with all permissions. */
function allowed(edge: ExposureEdge, platform: Platform): Draft[] {
    const { port, exposure } = edge;
    const base = draft(edge, platform, validToken(edge, platform));
    const caller = port.protocol === "tcp" ? null : gatewayCaller(edge, platform);
    return requestsFor(port, exposure).map((request) => ({
        ...base,
        request,
        expected: { kind: "answered", caller },
    }));
}

/** Requests that are not exposed at the host, from a client with all permissions. */
function denied(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = draft(edge, platform, validToken(edge, platform));
    return deniedRequests(edge.port, [edge.exposure]).map((request) => ({
        ...base,
        request,
        expected: { kind: "rbac" },
        reason: `${base.reason}, but not for ${describeRequest(request)}`,
    }));
}

/** An unknown host, and each host that only another gateway serves. */
function notExposed(gateway: GatewayKey, routed: readonly ExposureEdge[], platform: Platform): Draft[] {
    const gatewayHosts = new Set(
        routed.filter(({ exposure }) => exposure.gateway === gateway).map(({ exposure }) => exposure.host),
    );
    const [first] = routed;
    if (first === undefined) return [];
    const others = routed.filter(({ exposure }) => !gatewayHosts.has(exposure.host));
    const unknown = { ...first, exposure: { ...first.exposure, host: NO_SUCH_HOST } };
    return [...others, unknown].map((edge) => ({
        ...draft(atAnother(edge, gateway), platform),
        request: firstOf(requestsFor(edge.port, edge.exposure)),
        expected: { kind: "no-route" },
        reason: `nothing is exposed as ${edge.exposure.host} at the ${gateway} gateway`,
    }));
}

/** The exposure at another gateway, which has no certificate for its host. */
function atAnother(edge: ExposureEdge, gateway: GatewayKey): ExposureEdge {
    const exposure: { -readonly [K in keyof Exposure]: Exposure[K] } = { ...edge.exposure, gateway };
    delete exposure.clientCertificate;
    return { ...edge, exposure };
}

function firstOf(requests: readonly WireRequest[]): WireRequest {
    const [first] = requests;
    if (first !== undefined) return first;
    throw new Error("an exposure has no operations: load the catalogue with catalogue/load.ts");
}
