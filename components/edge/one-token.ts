import type { EnvoyFilterManifest } from "../base/manifest";
import { typed } from "../base/envoy-filter";
import type { Platform } from "../base/platform";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";
import { readingGateways } from "./tokens";

export const ONE_TOKEN_FILTER = "sparc.one_token";

/** Where Envoy looks for a token beside the Authorization header, unless it is told otherwise. */
const PARAMETER = "access_token";

/**
 * Refuses requests that bring a token in the header and another in the query. Envoy would check both, and tell the service
 * what each of them says: the scope of one would open what the tenant of the other owns.
 */
export function oneToken(platform: Platform): EnvoyFilterManifest[] {
    const inHeader = { header: { name: "authorization", present_match: true } };
    const inQuery = { header: { name: ":path", string_match: { safe_regex: { regex: queryRegex() } } } };
    const twoTokens = {
        permissions: [{ and_rules: { rules: [inHeader, inQuery] } }],
        principals: [{ any: true }],
    };
    const rules = { action: "DENY", policies: { "two-tokens": twoTokens } };
    return readingGateways(platform).map((gateway) =>
        envoyFilter(`${gateway}-one-token`, gateway, PRIORITY.tokens, [
            beforeRouter(ONE_TOKEN_FILTER, typed("filters.http.rbac.v3.RBAC", { rules })),
        ]),
    );
}

/** A path whose query has the parameter. Envoy decodes its name, so that each character may come encoded. */
export function queryRegex(): string {
    const name = Array.from(
        PARAMETER,
        (character) => `(?:${character}|(?i:%${character.charCodeAt(0).toString(16)}))`,
    ).join("");
    return `[^?]*\\?(?:.*&)?${name}(?:[=&].*)?`;
}
