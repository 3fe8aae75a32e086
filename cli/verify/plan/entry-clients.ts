/** What clients do that is no attack: browsers, webhooks, SDKs and old libraries, at the gateways. */
import { type ExposureEdge, exposures } from "../../../catalogue/query";
import { limitedByPlan } from "../../../components/base/limiter";
import type { Platform } from "../../../components/base/platform";
import type { Token } from "../model";
import { type Draft, draft, gatewayCaller } from "./entry-draft";
import { NO_IDENTITY, rightToken } from "./entry-tokens";
import { MADE_UP, asked } from "./requests";

/** What no issuer signs, such as a webhook's own secret. */
const OPAQUE = "mesh-verify-no-jwt";

/** One exposure's checks. */
export function clientChecks(edge: ExposureEdge, platform: Platform): Draft[] {
    if (edge.port.protocol === "tcp") return [];
    const token = rightToken(edge, platform);
    if (token === undefined) return foreignTokens(edge, platform);
    return [
        ...lowerCase(edge, platform, token),
        ...pages(edge, platform, token),
        ...plan(edge, platform, token),
    ];
}

/** Of one gateway: spellings of a request that mean the same. */
export function spellingChecks(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = { ...draft(edge, platform, rightToken(edge, platform)), ...answered(edge, platform) };
    const { host } = base.entry;
    return [
        ...[`${host}.`, `${host}:443`, host.toUpperCase()].map((hostHeader): Draft => ({
            ...base,
            entry: { ...base.entry, hostHeader },
            because: `${base.because}, which ${hostHeader} also names`,
        })),
        {
            ...base,
            entry: { ...base.entry, headers: { mesh_verify: MADE_UP } },
            expected: { ...base.expected, headers: { mesh_verify: null } },
            because: `${base.because}; a header with an underscore is dropped, not the request`,
        },
    ];
}

/** Where no JWT is demanded none is read: neither does a foreign one stop a request, nor does a good one say who the client is. */
function foreignTokens(edge: ExposureEdge, platform: Platform): Draft[] {
    const base = { ...draft(edge, platform), ...answered(edge, platform) };
    const because = `${base.because}, whatever token a client brings along`;
    const expected = { ...base.expected, headers: NO_IDENTITY };
    const opaque: Draft = {
        ...base,
        expected,
        because,
        entry: { ...base.entry, headers: { authorization: `Bearer ${OPAQUE}` } },
    };
    // A gateway that reads no token has no issuer whose key could sign one.
    const reads = exposures(platform.catalogue).some(
        ({ exposure }) => exposure.gateway === edge.exposure.gateway && exposure.authentication === "jwt",
    );
    if (!reads) return [opaque];
    const token: Token = { tenant: MADE_UP, subject: `${MADE_UP}-client`, roles: [MADE_UP] };
    const expired = { ...base.entry, token: { ...token, flaw: "expired" } } as const;
    const two = { ...base.entry, token, tokenInQuery: { ...token, flaw: "issuer" } } as const;
    return [opaque, ...[expired, two].map((entry): Draft => ({ ...base, expected, because, entry }))];
}

function lowerCase(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const base = { ...draft(edge, platform, token), ...answered(edge, platform) };
    const because = `${base.because}; the scheme of an Authorization header has no case`;
    return [{ ...base, because, entry: { ...base.entry, scheme: "bearer" } }];
}

/** Each request with a token counts for its tenant's and its client's plan. */
function plan(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const { port, exposure } = edge;
    const isLimited = limitedByPlan(platform).some(
        (one) => one.exposure.host === exposure.host && one.exposure.gateway === exposure.gateway,
    );
    if (!isLimited || port.protocol !== "http") return [];
    const base = { ...draft(edge, platform, token), ...answered(edge, platform) };
    const because = `${base.because}; it counts for its client's plan`;
    return [{ ...base, because, expected: { ...base.expected, counted: true } }];
}

/** A page learns that its token is over, or does not suffice. */
function pages(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const [origin] = platform.config.edge.corsOrigins;
    const { cors = false } = edge.exposure;
    if (cors === false || origin === undefined) return [];
    // A pattern's * is one label.
    const allowedOrigin = origin.replace("*", MADE_UP);
    const base = draft(edge, platform);
    const because = `${base.because}; a page of ${allowedOrigin} may read why it was refused`;
    const entry = { ...base.entry, headers: { origin: allowedOrigin } };
    const request = answered(edge, platform).request;
    return [
        { ...base, because, request, entry, expected: { kind: "rbac", allowedOrigin } },
        {
            ...base,
            because,
            request,
            entry: { ...entry, token: { ...token, flaw: "expired" } },
            expected: { kind: "token-refused", allowedOrigin },
        },
    ];
}

function answered(edge: ExposureEdge, platform: Platform) {
    const [request] = asked(edge.port, edge.exposure);
    if (request === undefined) throw new Error("an exposure asks for nothing: run assertCatalogue first");
    return { request, expected: { kind: "answered", caller: gatewayCaller(edge, platform) } as const };
}
