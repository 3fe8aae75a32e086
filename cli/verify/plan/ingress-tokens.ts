/** Token checks at the gateways: which tokens are accepted, and which identity headers services receive. */
import type { ExposureEdge } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import { TOKEN_FLAWS, type Token, type WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./ingress-draft";
import { PLACEHOLDER } from "./patterns";
import { requestsFor, covers } from "./requests";

const OTHER_TENANT = "mesh-verify-other";

/**
 * The identity headers that services receive. Deliberately not shared with the program, to detect accidental renames.
 */
const IDENTITY_HEADERS = {
    tenant: "x-tenant",
    roles: "x-roles",
    plan: "x-plan",
    subject: "x-subject",
} as const;

/** Identity headers forged by a client. */
const SPOOFED = Object.fromEntries(
    Object.values(IDENTITY_HEADERS).map((name) => [name, "mesh-verify-spoofed"]),
);

/** No identity headers, for a client without a validated token. */
export const NO_IDENTITY: Readonly<Record<string, null>> = Object.fromEntries(
    Object.values(IDENTITY_HEADERS).map((name) => [name, null]),
);

/** A token with all permissions on an exposure; undefined if it requires no token. */
export function validToken({ exposure }: ExposureEdge, { catalogue, config }: Platform): Token | undefined {
    if (exposure.authentication !== "jwt") return undefined;
    const { gateway, scopes = [] } = exposure;
    const plan = highestPlan(catalogue.plans ?? {});
    return {
        tenant: PLACEHOLDER,
        subject: `${PLACEHOLDER}-client`,
        ...(gateway === "admin" ? { roles: ["mesh-verify-role", config.edge.adminRole] } : {}),
        ...(scopes.length > 0 ? { scopes: ["mesh-verify:scope", ...scopes.map(({ scope }) => scope)] } : {}),
        ...(plan === undefined ? {} : { plan }),
    };
}

export function tokenChecks(edge: ExposureEdge, platform: Platform): Draft[] {
    if (edge.port.protocol === "tcp") return [];
    const token = validToken(edge, platform);
    if (token === undefined) return [withoutToken(edge, platform)];
    return [
        identityFromToken(edge, platform, token),
        ...rejectedTokens(edge, platform, token),
        ...scopes(edge, platform, token),
        ...roles(edge, platform, token),
        ...tenants(edge, platform, token),
        ...malformedTenant(edge, platform, token),
        twoTokens(edge, platform, token),
    ];
}

/** Without token validation, forged identity headers must be removed. */
function withoutToken(edge: ExposureEdge, platform: Platform): Draft {
    const base = draft(edge, platform);
    return {
        ...base,
        ingress: { ...base.ingress, headers: SPOOFED },
        request: firstRequest(edge),
        expected: { kind: "answered", caller: gatewayCaller(edge, platform), headers: NO_IDENTITY },
        reason: `${base.reason}; clients must not set identity headers`,
    };
}

/** The service receives the token's identity, not the client's headers. */
function identityFromToken(edge: ExposureEdge, platform: Platform, token: Token): Draft {
    const base = draft(edge, platform, token);
    const headers = {
        [IDENTITY_HEADERS.tenant]: token.tenant,
        [IDENTITY_HEADERS.subject]: token.subject,
        [IDENTITY_HEADERS.plan]: token.plan ?? null,
        ...(token.roles === undefined ? { [IDENTITY_HEADERS.roles]: null } : {}),
    };
    return {
        ...base,
        ingress: { ...base.ingress, headers: SPOOFED },
        request: firstRequest(edge),
        expected: { kind: "answered", caller: gatewayCaller(edge, platform), headers },
        reason: `${base.reason}; identity headers come only from the token`,
    };
}

/** A missing token is denied by policy; an invalid one is rejected. */
function rejectedTokens(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const request = firstRequest(edge);
    const { reason } = draft(edge, platform);
    return [
        {
            ...draft(edge, platform),
            request,
            expected: { kind: "rbac" },
            reason: `${reason}, only with a token`,
        },
        ...TOKEN_FLAWS.map((flaw): Draft => ({
            ...draft(edge, platform, { ...token, flaw }),
            request,
            expected: { kind: "token-rejected" },
            reason: `${reason}, only with a valid token; this one ${FLAW_TEXT[flaw]}`,
        })),
    ];
}

const FLAW_TEXT = {
    expired: "is expired",
    issuer: "has an unknown issuer",
    audience: "has another audience",
    signature: "has an invalid signature",
} as const;

/** The token without one of the scopes, for each scope. */
function scopes(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    return (edge.exposure.scopes ?? []).map((scoped) => {
        const others = (token.scopes ?? []).filter((scope) => scope !== scoped.scope);
        const base = draft(edge, platform, { ...token, scopes: others });
        const reason = `${base.reason}, only with the scope ${scoped.scope}`;
        return {
            ...base,
            request: first(requestsFor(edge.port, scoped)),
            expected: { kind: "rbac" },
            reason,
        };
    });
}

function roles(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    if (edge.exposure.gateway !== "admin") return [];
    const base = draft(edge, platform, { ...token, roles: ["mesh-verify-role"] });
    const reason = `${base.reason}, only with the role ${platform.config.edge.adminRole}`;
    return [{ ...base, request: firstRequest(edge), expected: { kind: "rbac" }, reason }];
}

/** The claims of a token in the query must not mix with those in the header. */
function twoTokens(edge: ExposureEdge, platform: Platform, token: Token): Draft {
    const base = draft(edge, platform, token);
    return {
        ...base,
        ingress: { ...base.ingress, tokenInQuery: { ...token, tenant: OTHER_TENANT } },
        request: firstRequest(edge),
        expected: { kind: "rbac" },
        reason: `${base.reason}, only with a single token`,
    };
}

/**
 * Hosts that require a tenant accept only tokens with a single tenant, as a string. This is the default of the public
 * gateway.
 */
function malformedTenant(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    if (!(edge.exposure.requiresTenant ?? edge.exposure.gateway === "public")) return [];
    return (["absent", "list"] as const).map((tenantForm): Draft => {
        const base = draft(edge, platform, { ...token, tenantForm });
        const reason = `${base.reason}, only with a tenant claim that is a string; this one is ${tenantForm === "list" ? "a list" : "absent"}`;
        return { ...base, request: firstRequest(edge), expected: { kind: "rbac" }, reason };
    });
}

/** Paths with the token's tenant, and with another one. */
function tenants(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const { tenantPaths = [], requests = [] } = edge.exposure;
    const base = draft(edge, platform, token);
    return tenantPaths.flatMap((template) => {
        const matching = requestFor(requests, path(template, token.tenant));
        const other = requestFor(requests, path(template, OTHER_TENANT));
        const reason = `${base.reason}, with a tenant in its path`;
        return [
            ...matching.map((request): Draft => ({
                ...base,
                request,
                expected: { kind: "answered", caller: gatewayCaller(edge, platform) },
                reason: `${reason} that matches the token`,
            })),
            ...other.map((request): Draft => ({
                ...base,
                request,
                expected: { kind: "rbac" },
                reason: `${reason} that differs from the token's`,
            })),
        ];
    });
}

function path(template: string, tenant: string): string {
    return template.replace("{tenant}", tenant).replaceAll(/\{\*\*?\}/g, PLACEHOLDER);
}

/** A request to the path with the first allowed method. */
function requestFor(requests: readonly string[], to: string): WireRequest[] {
    return requests
        .map((request): WireRequest => ({
            protocol: "http",
            method: request.split(" ", 1)[0] ?? "GET",
            path: to,
        }))
        .filter((wire, index) => covers(requests[index] ?? "", wire))
        .slice(0, 1);
}

/** The plan with the highest rate limit, so that the checks do not exceed it. */
function highestPlan(plans: NonNullable<Platform["catalogue"]["plans"]>): string | undefined {
    const seconds = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;
    const rate = (name: string) => {
        const { requests = 0, per = "second" } = plans[name]?.client ?? {};
        return requests / seconds[per];
    };
    return Object.keys(plans)
        .sort()
        .reduce<string | undefined>(
            (widest, name) => (widest === undefined || rate(name) > rate(widest) ? name : widest),
            undefined,
        );
}

function firstRequest({ port, exposure }: ExposureEdge): WireRequest {
    return first(requestsFor(port, exposure));
}

function first(requests: readonly WireRequest[]): WireRequest {
    const [one] = requests;
    if (one !== undefined) return one;
    throw new Error("an exposure has no operations: load the catalogue with catalogue/load.ts");
}
