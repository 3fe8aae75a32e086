import { exposures, sampling, serviceOf } from "../../catalogue/query";
import { collectorOf } from "../base/collector";
import { onRoute, typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";

/** Envoy takes the first eight digits of a request's id for a number, and keeps what falls below this much of ten thousand. */
const WHOLE = 10_000;

function share(percent: number): number {
    return Math.round((percent * WHOLE) / 100);
}

/**
 * What share of the requests to each exposure is traced: its service's, or the tenant's where that is more. A gateway has one
 * share by Istio's Telemetry, whomever is asked; Envoy's routes have their own.
 */
export function samplingFilters({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    if (collectorOf(config) === undefined) return [];
    const tenants = Object.entries(config.telemetry.tracing.tenants);
    const byGateway = GATEWAY_KEYS.flatMap((key) => {
        const own = exposures(catalogue).filter(
            ({ exposure, port }) => exposure.gateway === key && port.protocol !== "tcp",
        );
        if (own.length === 0) return [];
        const patches = own.map(({ service, exposure }) =>
            onRoute(exposure.host, { tracing: ofRoute(sampling(serviceOf(catalogue, service))) }),
        );
        return [envoyFilter(`${key}-sampling`, key, PRIORITY.sampling, patches)];
    });
    if (tenants.length === 0) return byGateway;
    return [
        ...byGateway,
        envoyFilter("tenant-sampling", "all", PRIORITY.sampling, [
            beforeRouter("sparc.sampling", ofTenants(tenants)),
        ]),
    ];
}

function ofRoute(percent: number): Record<string, unknown> {
    return { random_sampling: { numerator: share(percent), denominator: "TEN_THOUSAND" } };
}

/**
 * Envoy decides before its filters run, and so before a token says whose a request is. It decides again when the route is
 * looked up anew, by a header that clients cannot set. The number is the one by which it decided before, so that of a
 * tenant's requests the greater of both shares is traced, and not the sum.
 */
function ofTenants(
    tenants: readonly (readonly [tenant: string, percent: number])[],
): Record<string, unknown> {
    const shares = [...tenants]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([tenant, percent]) => `["${tenant}"] = ${share(percent)}`);
    const lines = [
        `local shares = { ${shares.join(", ")} }`,
        "function envoy_on_request(handle)",
        "  local headers = handle:headers()",
        `  local share = shares[headers:get("${TOKEN_HEADERS.tenant}")]`,
        "  if share == nil then return end",
        '  local number = tonumber(string.sub(headers:get("x-request-id") or "", 1, 8), 16)',
        `  if number == nil or number % ${WHOLE} >= share then return end`,
        '  headers:replace("x-envoy-force-trace", "true")',
        "  handle:clearRouteCache()",
        "end",
    ];
    return typed("filters.http.lua.v3.Lua", {
        default_source_code: { inline_string: `${lines.join("\n")}\n` },
    });
}
