/** Who may ask at the gateways: what a token must be, and what of it the service is told. */
import type { ExposureEdge } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import { TOKEN_FLAWS, type Token, type WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./entry-draft";
import { MADE_UP, asked, covers } from "./requests";

const OTHER_TENANT = "mesh-verify-other";

/** What services are told, by header: written anew, so that a header renamed by mistake is seen. */
const TOLD = { tenant: "x-tenant", roles: "x-roles", plan: "x-plan", subject: "x-subject" } as const;

/** A client's own word on what only a token may say. */
const SPOOFED = Object.fromEntries(Object.values(TOLD).map((name) => [name, "mesh-verify-spoofed"]));

/** What a service is told of a client whose token nobody read. */
export const NO_IDENTITY: Readonly<Record<string, null>> = Object.fromEntries(
    Object.values(TOLD).map((name) => [name, null]),
);

/** A token that may ask for all that an exposure offers; undefined where it takes none. */
export function rightToken({ exposure }: ExposureEdge, { catalogue, config }: Platform): Token | undefined {
    if (exposure.authentication !== "jwt") return undefined;
    const { gateway, scopes = [] } = exposure;
    const plan = widestPlan(catalogue.plans ?? {});
    return {
        tenant: MADE_UP,
        subject: `${MADE_UP}-client`,
        ...(gateway === "admin" ? { roles: ["mesh-verify-role", config.edge.adminRole] } : {}),
        ...(scopes.length > 0 ? { scopes: ["mesh-verify:scope", ...scopes.map(({ scope }) => scope)] } : {}),
        ...(plan === undefined ? {} : { plan }),
    };
}

export function tokenChecks(edge: ExposureEdge, platform: Platform): Draft[] {
    if (edge.port.protocol === "tcp") return [];
    const token = rightToken(edge, platform);
    if (token === undefined) return [withoutToken(edge, platform)];
    return [
        told(edge, platform, token),
        ...refusedTokens(edge, platform, token),
        ...scopes(edge, platform, token),
        ...roles(edge, platform, token),
        ...tenants(edge, platform, token),
        ...plainTenant(edge, platform, token),
        twoTokens(edge, platform, token),
    ];
}

/** Nobody's word counts where nobody's token is asked for. */
function withoutToken(edge: ExposureEdge, platform: Platform): Draft {
    const base = draft(edge, platform);
    return {
        ...base,
        entry: { ...base.entry, headers: SPOOFED },
        request: firstAsked(edge),
        expected: { kind: "answered", caller: gatewayCaller(edge, platform), headers: NO_IDENTITY },
        because: `${base.because}; what a token would say is not the client's to say`,
    };
}

/** A service is told what the token says, and nothing that the client says in its place. */
function told(edge: ExposureEdge, platform: Platform, token: Token): Draft {
    const base = draft(edge, platform, token);
    const headers = {
        [TOLD.tenant]: token.tenant,
        [TOLD.subject]: token.subject,
        [TOLD.plan]: token.plan ?? null,
        ...(token.roles === undefined ? { [TOLD.roles]: null } : {}),
    };
    return {
        ...base,
        entry: { ...base.entry, headers: SPOOFED },
        request: firstAsked(edge),
        expected: { kind: "answered", caller: gatewayCaller(edge, platform), headers },
        because: `${base.because}; the tenant comes from the token alone`,
    };
}

/** None is refused by policy; one that is wrong is refused as such. */
function refusedTokens(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const request = firstAsked(edge);
    const { because } = draft(edge, platform);
    return [
        {
            ...draft(edge, platform),
            request,
            expected: { kind: "rbac" },
            because: `${because}, for who has a token`,
        },
        ...TOKEN_FLAWS.map((flaw): Draft => ({
            ...draft(edge, platform, { ...token, flaw }),
            request,
            expected: { kind: "token-refused" },
            because: `${because}, for who has a token, and this one's ${WRONG[flaw]}`,
        })),
    ];
}

const WRONG = {
    expired: "time is over",
    issuer: "issuer is unknown",
    audience: "audience is another",
    signature: "signature is another's",
} as const;

/** Each scope left out in turn. */
function scopes(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    return (edge.exposure.scopes ?? []).map((scoped) => {
        const others = (token.scopes ?? []).filter((scope) => scope !== scoped.scope);
        const base = draft(edge, platform, { ...token, scopes: others });
        const because = `${base.because}, for who has the scope ${scoped.scope}`;
        return { ...base, request: first(asked(edge.port, scoped)), expected: { kind: "rbac" }, because };
    });
}

function roles(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    if (edge.exposure.gateway !== "admin") return [];
    const base = draft(edge, platform, { ...token, roles: ["mesh-verify-role"] });
    const because = `${base.because}, for who has the role ${platform.config.edge.adminRole}`;
    return [{ ...base, request: firstAsked(edge), expected: { kind: "rbac" }, because }];
}

/** What a token in the query says must not mix with what the one in the header says. */
function twoTokens(edge: ExposureEdge, platform: Platform, token: Token): Draft {
    const base = draft(edge, platform, token);
    return {
        ...base,
        entry: { ...base.entry, tokenInQuery: { ...token, tenant: OTHER_TENANT } },
        request: firstAsked(edge),
        expected: { kind: "rbac" },
        because: `${base.because}, for who has one token and not two`,
    };
}

/** At hosts of tenants a token names one tenant, as text: by default at every host of the public gateway that takes tokens. */
function plainTenant(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    if (!(edge.exposure.requiresTenant ?? edge.exposure.gateway === "public")) return [];
    return (["absent", "list"] as const).map((tenantForm): Draft => {
        const base = draft(edge, platform, { ...token, tenantForm });
        const because = `${base.because}, for tokens that name one tenant as text; this one's claim is ${tenantForm === "list" ? "a list" : "absent"}`;
        return { ...base, request: firstAsked(edge), expected: { kind: "rbac" }, because };
    });
}

/** Paths that name the token's tenant, and another. */
function tenants(edge: ExposureEdge, platform: Platform, token: Token): Draft[] {
    const { tenantPaths = [], requests = [] } = edge.exposure;
    const base = draft(edge, platform, token);
    return tenantPaths.flatMap((template) => {
        const own = requestFor(requests, path(template, token.tenant));
        const other = requestFor(requests, path(template, OTHER_TENANT));
        const because = `${base.because}, and its path names a tenant`;
        return [
            ...own.map((request): Draft => ({
                ...base,
                request,
                expected: { kind: "answered", caller: gatewayCaller(edge, platform) },
                because: `${because}, the token's own`,
            })),
            ...other.map((request): Draft => ({
                ...base,
                request,
                expected: { kind: "rbac" },
                because: `${because}, another than the token's`,
            })),
        ];
    });
}

function path(template: string, tenant: string): string {
    return template.replace("{tenant}", tenant).replaceAll(/\{\*\*?\}/g, MADE_UP);
}

/** The first of the verbs with which the path may be asked. */
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

/** The plan under which most may be asked, so that the checks themselves reach no limit. */
function widestPlan(plans: NonNullable<Platform["catalogue"]["plans"]>): string | undefined {
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

function firstAsked({ port, exposure }: ExposureEdge): WireRequest {
    return first(asked(port, exposure));
}

function first(requests: readonly WireRequest[]): WireRequest {
    const [one] = requests;
    if (one !== undefined) return one;
    throw new Error("an exposure asks for nothing: load it by catalogue/load.ts");
}
