/** Paths that programs read in different ways, and headers by which a client would have a framework read another request. */
import type { ExposureEdge } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import type { Expected, WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./entry-draft";
import { rightToken } from "./entry-tokens";
import { MADE_UP, asked } from "./requests";

const OTHER_TENANT = "mesh-verify-other";
const REFUSED: Expected = { kind: "path-refused" };

/** What frameworks obey: the method, the URL, the host. Written anew, so that one that is left out by mistake is seen. */
const OVERRIDES = {
    "x-http-method-override": "DELETE",
    "x-http-method": "DELETE",
    "x-method-override": "DELETE",
    "x-original-url": "/mesh-verify",
    "x-rewrite-url": "/mesh-verify",
    "x-forwarded-host": "mesh-verify.example.com",
} as const;

type HttpRequest = Extract<WireRequest, { protocol: "http" }>;

/** One exposure's checks. */
export function pathChecks(edge: ExposureEdge, platform: Platform): Draft[] {
    const [request] = asked(edge.port, edge.exposure);
    if (request === undefined || edge.port.protocol === "tcp") return [];
    const overridden = overrides(edge, platform, request);
    if (request.protocol !== "http") return overridden;
    const base = draft(edge, platform, rightToken(edge, platform));
    const refused = [...spellings(edge, request.path), ...ofTenants(edge)].map((path): Draft => ({
        ...base,
        request: { ...request, path } satisfies HttpRequest,
        expected: REFUSED,
        because: `${base.because}, for paths that every program reads alike`,
    }));
    return [...refused, ...overridden];
}

/** Of any path. What an exposure opted in to is left out. */
function spellings({ exposure: { paths = {} } }: ExposureEdge, path: string): string[] {
    return [
        `${path}/.%2e;/${OTHER_TENANT}`,
        `${path}//${OTHER_TENANT}`,
        `${path}%5C${OTHER_TENANT}`,
        `${path}%252e%252e/${OTHER_TENANT}`,
        ...(paths.encodedSlashes === true ? [] : [`${path}%2F${OTHER_TENANT}`]),
        ...(paths.parameters === true ? [] : [`${path};x=1`]),
    ];
}

/** From the token's own tenant to another, and a tenant's path in other letters or with a parameter before the tenant. */
function ofTenants({ exposure: { tenantPaths = [], paths = {} } }: ExposureEdge): string[] {
    return tenantPaths.flatMap((template) => {
        const [head = "", tail = ""] = template.split("{tenant}");
        const rest = tail.replaceAll(/\{\*\*?\}/g, MADE_UP);
        const before = head.replace(/\/$/, "").replaceAll("{*}", MADE_UP);
        const upper = before.replace(/[a-z](?=[^/]*$)/, (letter) => letter.toUpperCase());
        return [
            `${before}/${MADE_UP}/.%2e;/${OTHER_TENANT}${rest}`,
            `${before};x=1/${OTHER_TENANT}${rest}`,
            ...(paths.ignoreCase === true || upper === before ? [] : [`${upper}/${OTHER_TENANT}${rest}`]),
        ];
    });
}

function overrides(edge: ExposureEdge, platform: Platform, request: WireRequest): Draft[] {
    const base = draft(edge, platform, rightToken(edge, platform));
    const listed = new Set<string>(edge.exposure.clientHeaders ?? []);
    const names = Object.keys(OVERRIDES).filter((name) => !listed.has(name));
    return [
        {
            ...base,
            entry: { ...base.entry, headers: OVERRIDES },
            request,
            expected: {
                kind: "answered",
                caller: gatewayCaller(edge, platform),
                headers: Object.fromEntries(names.map((name) => [name, null])),
            },
            because: `${base.because}; no header of a client changes its method, its URL or its host`,
        },
    ];
}
