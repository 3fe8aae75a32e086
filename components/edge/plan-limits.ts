import { LIMITER, LIMITER_HOST, limitedByPlan } from "../shared/rate-limits/limiter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";
import { onRoute, typed } from "../shared/envoy/envoy-filter";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";
import { DOMAIN, KEYS } from "./limiter/rules";

/** Fails open: a rate limit service that is slower than this, or down, must not take the gateways down. */
const LIMITER_TIMEOUT = "0.025s";

/** Has the rate limit service count each request for its tenant and for its client before it is forwarded. */
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
                    timeout: LIMITER_TIMEOUT,
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
            ...limited.map(({ exposure }) => onRoute(exposure.host, { route: { rate_limits: DESCRIPTORS } })),
        ]),
    ];
}

/** The descriptors, from the token's claims. A token without a plan or a tenant is counted too. */
const DESCRIPTORS = [
    {
        actions: [
            optionalDescriptorOf(KEYS.plan, TOKEN_HEADERS.plan),
            descriptorOf(KEYS.tenant, TOKEN_HEADERS.tenant),
        ],
    },
    {
        actions: [
            optionalDescriptorOf(KEYS.plan, TOKEN_HEADERS.plan),
            optionalDescriptorOf(KEYS.tenant, TOKEN_HEADERS.tenant),
            descriptorOf(KEYS.client, TOKEN_HEADERS.subject),
        ],
    },
];

function descriptorOf(key: string, header: string) {
    return { request_headers: { header_name: header, descriptor_key: key } };
}

function optionalDescriptorOf(key: string, header: string) {
    return { request_headers: { header_name: header, descriptor_key: key, skip_if_absent: true } };
}
