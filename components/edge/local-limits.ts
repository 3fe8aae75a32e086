import { SECONDS_PER } from "../../catalogue/durations";
import { type ExposureEdge, exposures } from "../../catalogue/query";
import { limitedByPlan } from "../shared/rate-limits/limiter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS } from "../base/names";
import type { Platform } from "../base/platform";
import { onRoute, typed } from "../shared/envoy/envoy-filter";
import { type Patch, PRIORITY, beforeRouter, envoyFilter } from "./envoy";

const FILTER = "envoy.filters.http.local_ratelimit";

/** Local rate limits: how much each gateway replica forwards in total, for services that fail under more. */
export function localLimits(platform: Platform): EnvoyFilterManifest[] {
    const { catalogue } = platform;
    const byPlan = new Set(limitedByPlan(platform).map(({ exposure }) => exposure.host));
    const limited = exposures(catalogue).filter(({ exposure }) => exposure.rateLimit !== undefined);
    return GATEWAY_KEYS.flatMap((key) => {
        const gatewayEdges = limited.filter(({ exposure }) => exposure.gateway === key);
        if (gatewayEdges.length === 0) return [];
        return [
            envoyFilter(`${key}-limits`, key, PRIORITY.localLimits, [
                // Without a token bucket the filter limits nothing. The routes configure one.
                beforeRouter(FILTER, limit({ stat_prefix: "local_limit" })),
                ...gatewayEdges.flatMap((edge) => routeLimit(edge, byPlan.has(edge.exposure.host))),
            ]),
        ];
    });
}

/**
 * @param alsoByPlan whether clients get their plan's rate limit headers: they could not distinguish two sets of them
 */
function routeLimit({ exposure: { host, rateLimit: rate } }: ExposureEdge, alsoByPlan: boolean): Patch[] {
    if (rate === undefined) return [];
    const always = { default_value: { numerator: 100, denominator: "HUNDRED" } };
    const bucket = {
        max_tokens: rate.requests,
        tokens_per_fill: rate.requests,
        fill_interval: `${SECONDS_PER[rate.per]}s`,
    };
    const config = limit({
        stat_prefix: `local_limit_${host}`,
        token_bucket: bucket,
        filter_enabled: always,
        filter_enforced: always,
        ...(alsoByPlan ? {} : { enable_x_ratelimit_headers: "DRAFT_VERSION_03" }),
        response_headers_to_add: [{ header: { key: "retry-after", value: String(SECONDS_PER[rate.per]) } }],
        rate_limited_as_resource_exhausted: true,
    });
    return [onRoute(host, { typed_per_filter_config: { [FILTER]: config } })];
}

function limit(value: Record<string, unknown>): Record<string, unknown> {
    return typed("filters.http.local_ratelimit.v3.LocalRateLimit", value);
}
