import type { MeshConfig } from "../../config/schema";
import { COUNTERS, LIMITER, limitedByPlan } from "../shared/rate-limits/limiter";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { INGRESS_GATEWAYS, NAMESPACES, allowName, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { allow } from "./allow";

/** The public gateway calls the rate limit service, which calls its Redis. */
export function limiterPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    if (limitedByPlan(platform).length === 0) return [];
    const { config } = platform;
    return [
        toPort(config, LIMITER.name, NAMESPACES.ingress, INGRESS_GATEWAYS.public, {
            ports: [String(LIMITER.grpc)],
            methods: ["POST"],
            paths: ["/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"],
        }),
        toPort(config, COUNTERS.name, LIMITER.namespace, LIMITER.name, { ports: [String(COUNTERS.port)] }),
    ];
}

interface Operation {
    ports: string[];
    methods?: string[];
    paths?: string[];
}

function toPort(
    config: MeshConfig,
    callee: string,
    namespace: string,
    caller: string,
    operation: Operation,
): AuthorizationPolicyManifest {
    const source = { principals: [principal(config, namespace, caller)] };
    const rule = { from: [{ source }], to: [{ operation }] };
    return allow(allowName(callee, caller), NAMESPACES.ingress, callee, [rule]);
}
