/** Checks of ambiguous paths, and of headers that make frameworks override the method, URL or host. */
import type { ExposureEdge } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import type { Expected, WireRequest } from "../model";
import { type Draft, draft, gatewayCaller } from "./ingress-draft";
import { validToken } from "./ingress-tokens";
import { PLACEHOLDER, aroundTenant } from "./patterns";
import { requestsFor } from "./requests";

const OTHER_TENANT = "mesh-verify-other";
const REJECTED: Expected = { kind: "path-rejected" };

/** Headers with which frameworks override the method, the URL or the host. Deliberately not shared with the program. */
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
    const [request] = requestsFor(edge.port, edge.exposure);
    if (request === undefined || edge.port.protocol === "tcp") return [];
    const overridden = overrides(edge, platform, request);
    if (request.protocol !== "http") return overridden;
    const base = draft(edge, platform, validToken(edge, platform));
    const rejected = [...spellings(edge, request.path), ...ofTenants(edge)].map((path): Draft => ({
        ...base,
        request: { ...request, path } satisfies HttpRequest,
        expected: REJECTED,
        reason: `${base.reason}; ambiguous paths are rejected`,
    }));
    return [...rejected, ...overridden];
}

/** Ambiguous spellings of a path, without the forms that the exposure opted in to. */
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

/** Path traversal from the token's tenant to another, and tenant paths with different case or a path parameter. */
function ofTenants({ exposure: { tenantPaths = [], paths = {} } }: ExposureEdge): string[] {
    return tenantPaths.flatMap((template) => {
        const [before, rest] = aroundTenant(template);
        const upper = before.replace(/[a-z](?=[^/]*$)/, (letter) => letter.toUpperCase());
        return [
            `${before}/${PLACEHOLDER}/.%2e;/${OTHER_TENANT}${rest}`,
            `${before};x=1/${OTHER_TENANT}${rest}`,
            ...(paths.ignoreCase === true || upper === before ? [] : [`${upper}/${OTHER_TENANT}${rest}`]),
        ];
    });
}

function overrides(edge: ExposureEdge, platform: Platform, request: WireRequest): Draft[] {
    const base = draft(edge, platform, validToken(edge, platform));
    const listed = new Set<string>(edge.exposure.clientHeaders ?? []);
    const names = Object.keys(OVERRIDES).filter((name) => !listed.has(name));
    return [
        {
            ...base,
            ingress: { ...base.ingress, headers: OVERRIDES },
            request,
            expected: {
                kind: "answered",
                caller: gatewayCaller(edge, platform),
                headers: Object.fromEntries(names.map((name) => [name, null])),
            },
            reason: `${base.reason}; client headers must not override method, URL or host`,
        },
    ];
}
