import type { EnvoyFilterManifest } from "../base/manifest";
import { typed } from "../shared/envoy/envoy-filter";
import type { Platform } from "../base/platform";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";
import { tokenGateways } from "./tokens";

export const SINGLE_TOKEN_FILTER = "sparc.one_token";

type Rule = Record<string, unknown>;

/** Envoy's default query parameter for a token. */
const PARAMETER = "access_token";

/** A JWT (RFC 7519) in the compact form of a signature (RFC 7515): three parts in Base64url, and nothing else. */
const JWT = "[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+){2}";
/** An Authorization header that gateways read: one JWT. `bearer.ts` has set the scheme's case. */
const READ_HEADER = `Bearer ${JWT}`;

/**
 * Denies requests with more than one token. Envoy verifies those in the header and in the query and passes claims of each to the
 * service: the scope of one would give access to the other's tenant. Of two in the header or two in the query it verifies the first
 * alone, and the service could read the other one. It also reads more than JWTs: it skips empty parts of `a..b.c`.
 */
export function oneToken(platform: Platform): EnvoyFilterManifest[] {
    const inHeader = { header: { name: "authorization", present_match: true } };
    const path = (regex: string) => ({ header: { name: ":path", string_match: { safe_regex: { regex } } } });
    const deny = (...all: Rule[]) => ({
        permissions: [{ and_rules: { rules: all } }],
        principals: [{ any: true }],
    });
    const rules = {
        action: "DENY",
        policies: {
            "two-tokens": deny(inHeader, path(looseRegex())),
            // Two tokens, or another form.
            "no-single-token-in-header": deny(inHeader, {
                not_rule: {
                    header: { name: "authorization", string_match: { safe_regex: { regex: READ_HEADER } } },
                },
            }),
            "two-tokens-in-query": deny(path(looseRegex(2))),
            // The gateway does not read it, so it has not been verified.
            "unread-token-in-query": deny(path(looseRegex()), { not_rule: path(queryRegex()) }),
        },
    };
    return tokenGateways(platform).map((gateway) =>
        envoyFilter(`${gateway}-one-token`, gateway, PRIORITY.tokens, [
            beforeRouter(SINGLE_TOKEN_FILTER, typed("filters.http.rbac.v3.RBAC", { rules })),
        ]),
    );
}

/**
 * Matches a path whose query has `count` parameters that a program might read as the token's: in any case, with brackets of a list,
 * after a semicolon, or as PHP renames parameters (spaces and dots become underscores).
 */
function looseRegex(count = 1): string {
    const name = PARAMETER.split("_")
        .map((word) =>
            Array.from(
                word,
                (letter) => `(?:${letter}|%${hexOf(letter)}|%${hexOf(letter.toUpperCase())})`,
            ).join(""),
        )
        .join("(?:[_.+ \\[]|%5f|%2e|%20|%5b)");
    const one = `(?:[ +]|%20)*${name}(?:\\[|%5b|%00|[ +]|%20)*`;
    // After the first `?`, which may be one of several.
    const found = Array.from({ length: count }, () => `[?&;](?:.*[?&;])?${one}(?:[=&;?\\]%].*)?`).join("");
    return `(?i)[^?]*${found}`;
}

function hexOf(character: string): string {
    return character.charCodeAt(0).toString(16);
}

/** Matches a path whose query has the parameter with a JWT. Envoy decodes parameter names, so each character can be encoded. */
export function queryRegex(): string {
    const name = Array.from(
        PARAMETER,
        (character) => `(?:${character}|(?i:%${character.charCodeAt(0).toString(16)}))`,
    ).join("");
    return `[^?]*\\?(?:.*&)?${name}=${JWT}(?:&.*)?`;
}
