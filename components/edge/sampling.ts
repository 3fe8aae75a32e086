import { exposures, sampling, serviceOf } from "../../catalogue/query";
import { collectorOf } from "../shared/monitoring/collector";
import { onRoute, typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";

/**
 * Envoy interprets the first eight hex digits of a request ID as a number, and samples if it is below this fraction
 * of ten thousand.
 */
const DENOMINATOR = 10_000;

function share(percent: number): number {
    return Math.round((percent * DENOMINATOR) / 100);
}

/**
 * The sampling rate of each exposure: its service's, or the tenant's if that is higher. Istio's Telemetry sets a
 * single rate for a gateway; Envoy's routes can have separate ones.
 */
export function samplingFilters({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    if (collectorOf(config) === undefined) return [];
    const tenants = Object.entries(config.telemetry.tracing.samplingPercentByTenant);
    const byGateway = GATEWAY_KEYS.flatMap((key) => {
        const gatewayEdges = exposures(catalogue).filter(
            ({ exposure, port }) => exposure.gateway === key && port.protocol !== "tcp",
        );
        if (gatewayEdges.length === 0) return [];
        const patches = gatewayEdges.map(({ service, exposure }) =>
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
 * Envoy makes the sampling decision before its filters run, and so before the token identifies the tenant. It decides
 * again when the route is recomputed, by a header that clients cannot set. It reuses the number of its first
 * decision, so that the higher of both rates applies to a tenant's requests, and not their sum.
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
        `  if number == nil or number % ${DENOMINATOR} >= share then return end`,
        '  headers:replace("x-envoy-force-trace", "true")',
        "  handle:clearRouteCache()",
        "end",
    ];
    return typed("filters.http.lua.v3.Lua", {
        default_source_code: { inline_string: `${lines.join("\n")}\n` },
    });
}
