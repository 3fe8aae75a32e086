import type { EnvoyFilterManifest } from "../base/manifest";
import { typed } from "../shared/envoy/envoy-filter";
import type { Platform } from "../base/platform";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";
import { tokenGateways } from "./tokens";

export const SINGLE_TOKEN_FILTER = "sparc.one_token";

/** Envoy's default query parameter for a token. */
const PARAMETER = "access_token";

/**
 * Denies requests with a token in the header and another in the query. Envoy would verify both and pass claims of
 * each to the service: the scope of one would give access to the other's tenant.
 */
export function oneToken(platform: Platform): EnvoyFilterManifest[] {
    const inHeader = { header: { name: "authorization", present_match: true } };
    const inQuery = { header: { name: ":path", string_match: { safe_regex: { regex: queryRegex() } } } };
    const twoTokens = {
        permissions: [{ and_rules: { rules: [inHeader, inQuery] } }],
        principals: [{ any: true }],
    };
    const rules = { action: "DENY", policies: { "two-tokens": twoTokens } };
    return tokenGateways(platform).map((gateway) =>
        envoyFilter(`${gateway}-one-token`, gateway, PRIORITY.tokens, [
            beforeRouter(SINGLE_TOKEN_FILTER, typed("filters.http.rbac.v3.RBAC", { rules })),
        ]),
    );
}

/** Matches a path whose query has the parameter. Envoy decodes parameter names, so each character can be encoded. */
export function queryRegex(): string {
    const name = Array.from(
        PARAMETER,
        (character) => `(?:${character}|(?i:%${character.charCodeAt(0).toString(16)}))`,
    ).join("");
    return `[^?]*\\?(?:.*&)?${name}(?:[=&].*)?`;
}
