import { typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import type { Platform } from "../base/platform";
import { PRIORITY, envoyFilter, firstFilter } from "./envoy";
import { tokenGateways } from "./tokens";

export const BEARER_FILTER = "sparc.bearer";

/**
 * Rewrites the scheme of an Authorization header to `Bearer`, as Envoy's JWT filter expects: RFC 9110 compares
 * schemes case-insensitively (section 11.1), Envoy does not. Two Authorization headers are left unchanged and
 * rejected later.
 */
const SOURCE = [
    "function envoy_on_request(handle)",
    "  local headers = handle:headers()",
    '  if headers:getNumValues("authorization") ~= 1 then return end',
    '  local token = string.match(headers:get("authorization"), "^[Bb][Ee][Aa][Rr][Ee][Rr] +(.*)$")',
    '  if token ~= nil then headers:replace("authorization", "Bearer " .. token) end',
    "end",
].join("\n");

/** Two headers are joined with `,`, which no JWT contains. */
const AS_ENVOY_EXPECTS = { header: "authorization", regex: "Bearer [A-Za-z0-9._-]+" } as const;

function lua(): Record<string, unknown> {
    return typed("filters.http.lua.v3.Lua", { default_source_code: { inline_string: `${SOURCE}\n` } });
}

export function bearerInAnyCase(platform: Platform): EnvoyFilterManifest[] {
    return tokenGateways(platform).map((gateway) =>
        envoyFilter(`${gateway}-bearer`, gateway, PRIORITY.bearer, [
            firstFilter(BEARER_FILTER, lua(), AS_ENVOY_EXPECTS),
        ]),
    );
}
