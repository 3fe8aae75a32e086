/** Legitimate client behavior at the gateways: browsers, webhooks, SDKs and old libraries. */
import { type ExposureEdge, exposures } from "../../../catalogue/query";
import { limitedByPlan } from "../../../components/shared/rate-limits/limiter";
import type { Platform } from "../../../components/base/platform";
import type { Token } from "../model";
import { type Draft, draft, gatewayCaller } from "./ingress-draft";
import { NO_IDENTITY, validToken } from "./ingress-tokens";
import { PLACEHOLDER } from "./patterns";
import { requestsFor } from "./requests";

/** A bearer token that is not a JWT, such as a webhook's secret. */
const OPAQUE = "mesh-verify-no-jwt";

/** One exposure's checks. */
export function clientChecks(edge: ExposureEdge, platform: Platform): Draft[] {
    if (edge.port.protocol === "tcp") return [];
    const token = validToken(edge, platform);
    if (token === undefined) return foreignTokens(edge, platform);
    return [
        ...lowerCase(edge, platform, token),
        ...corsErrors(edge, platform, token),
        ...plan(edge, platform, token),
    ];
}

/** Per gateway: equivalent spellings of a request. */
export function spellingChecks(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = { ...draft(edge, platform, validToken(edge, platform)), ...answered(edge, platform) };
    const { host } = base.ingress;
    return [
        ...[`${host}.`, `${host}:443`, host.toUpperCase()].map((hostHeader): Draft => ({
            ...base,
            ingress: { ...base.ingress, hostHeader },
            reason: `${base.reason}, also as ${hostHeader}`,
        })),
        {
            ...base,
            ingress: { ...base.ingress, headers: { mesh_verify: PLACEHOLDER } },
            expected: { ...base.expected, headers: { mesh_verify: null } },
            reason: `${base.reason}; a header with an underscore is dropped, but not the request`,
        },
    ];
}

/**
 * Without JWT authentication, tokens are ignored: an invalid one does not block a request, and a valid one adds no
 * identity.
 */
function foreignTokens(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = { ...draft(edge, platform), ...answered(edge, platform) };
    const reason = `${base.reason}, with any token`;
    const expected = { ...base.expected, headers: NO_IDENTITY };
    const opaque: Draft = {
        ...base,
        expected,
        reason,
        ingress: { ...base.ingress, headers: { authorization: `Bearer ${OPAQUE}` } },
    };
    // A gateway without JWT authentication trusts no issuer.
    const reads = exposures(platform.catalogue).some(
        ({ exposure }) => exposure.gateway === edge.exposure.gateway && exposure.authentication === "jwt",
    );
    if (!reads) return [opaque];
    const token: Token = { tenant: PLACEHOLDER, subject: `${PLACEHOLDER}-client`, roles: [PLACEHOLDER] };
    const expired = { ...base.ingress, token: { ...token, flaw: "expired" } } as const;
    const two = { ...base.ingress, token, tokenInQuery: { ...token, flaw: "issuer" } } as const;
    return [opaque, ...[expired, two].map((ingress): Draft => ({ ...base, expected, reason, ingress }))];
}

function lowerCase(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const base = { ...draft(edge, platform, token), ...answered(edge, platform) };
    const reason = `${base.reason}; the scheme of the Authorization header is case-insensitive`;
    return [{ ...base, reason, ingress: { ...base.ingress, scheme: "bearer" } }];
}

/** Each request with a token counts against the limits of its tenant's and its client's plan. */
function plan(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const { port, exposure } = edge;
    const isLimited = limitedByPlan(platform).some(
        (one) => one.exposure.host === exposure.host && one.exposure.gateway === exposure.gateway,
    );
    if (!isLimited || port.protocol !== "http") return [];
    const base = { ...draft(edge, platform, token), ...answered(edge, platform) };
    const reason = `${base.reason}; it counts against its client's plan`;
    return [{ ...base, reason, expected: { ...base.expected, counted: true } }];
}

/** A web page can read that its token is expired or insufficient. */
function corsErrors(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const [origin] = platform.config.edge.corsOrigins;
    const { cors = false } = edge.exposure;
    if (cors === false || origin === undefined) return [];
    // The * of a pattern stands for one label.
    const allowedOrigin = origin.replace("*", PLACEHOLDER);
    const base = draft(edge, platform);
    const reason = `${base.reason}; pages of ${allowedOrigin} may read the error`;
    const ingress = { ...base.ingress, headers: { origin: allowedOrigin } };
    const request = answered(edge, platform).request;
    return [
        { ...base, reason, request, ingress, expected: { kind: "rbac", allowedOrigin } },
        {
            ...base,
            reason,
            request,
            ingress: { ...ingress, token: { ...token, flaw: "expired" } },
            expected: { kind: "token-rejected", allowedOrigin },
        },
    ];
}

function answered(edge: ExposureEdge, platform: Platform) {
    const [request] = requestsFor(edge.port, edge.exposure);
    if (request === undefined)
        throw new Error("an exposure has no operations: load the catalogue with catalogue/load.ts");
    return { request, expected: { kind: "answered", caller: gatewayCaller(edge, platform) } as const };
}
