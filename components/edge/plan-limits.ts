import { LIMITER, LIMITER_HOST, limitedByPlan } from "../base/limiter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";
import { onRoute, typed } from "../base/envoy-filter";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";
import { DOMAIN, KEYS } from "./limiter/rules";

/** A limiter that is slower than this, or gone, limits nobody: it must not take the way in with it. */
const PATIENCE = "0.025s";

/** Has each request counted for its tenant and for its client, before it is passed on. */
export function planLimits(platform: Platform): EnvoyFilterManifest[] {
    const limited = limitedByPlan(platform);
    if (limited.length === 0) return [];
    return [
        envoyFilter("public-plan-limits", "public", PRIORITY.globalLimits, [
            beforeRouter(
                "envoy.filters.http.ratelimit",
                typed("filters.http.ratelimit.v3.RateLimit", {
                    domain: DOMAIN,
                    failure_mode_deny: false,
                    timeout: PATIENCE,
                    enable_x_ratelimit_headers: "DRAFT_VERSION_03",
                    rate_limited_as_resource_exhausted: true,
                    rate_limit_service: {
                        transport_api_version: "V3",
                        grpc_service: {
                            envoy_grpc: {
                                cluster_name: `outbound|${LIMITER.grpc}||${LIMITER_HOST}`,
                                authority: LIMITER_HOST,
                            },
                        },
                    },
                }),
            ),
            ...limited.map(({ exposure }) => onRoute(exposure.host, { route: { rate_limits: COUNTED } })),
        ]),
    ];
}

/** For whom a request counts, by what its token says: a token without a plan or a tenant is not left out. */
const COUNTED = [
    { actions: [ifTold(KEYS.plan, TOKEN_HEADERS.plan), told(KEYS.tenant, TOKEN_HEADERS.tenant)] },
    {
        actions: [
            ifTold(KEYS.plan, TOKEN_HEADERS.plan),
            ifTold(KEYS.tenant, TOKEN_HEADERS.tenant),
            told(KEYS.client, TOKEN_HEADERS.subject),
        ],
    },
];

function told(key: string, header: string) {
    return { request_headers: { header_name: header, descriptor_key: key } };
}

function ifTold(key: string, header: string) {
    return { request_headers: { header_name: header, descriptor_key: key, skip_if_absent: true } };
}
