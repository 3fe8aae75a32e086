import { LIMITER, LIMITER_HOST, limitedByPlan } from "../shared/rate-limits/limiter";
import type { Platform } from "../base/platform";

/**
 * Makes istiod send the rate limit service's cluster to gateways, where only an EnvoyFilter refers to it. The
 * annotation `referenced-services` is meant for this, but the cluster delta after a change of a VirtualService
 * ignores EnvoyFilters (`deltaFromServiceDiff` in pilot/pkg/networking/core/cluster.go) and removes such a cluster.
 * istiod does consider extension providers. No policy names this one: a CUSTOM policy that did would deny every
 * request, because the service does not speak that protocol.
 */
export function limiterClusterProvider(platform: Platform) {
    if (limitedByPlan(platform).length === 0) return [];
    const service = `${LIMITER.namespace}/${LIMITER_HOST}`;
    return [{ name: "rate-limit-cluster", envoyExtAuthzGrpc: { service, port: LIMITER.grpc } }];
}
