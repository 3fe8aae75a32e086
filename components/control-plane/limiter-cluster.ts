import { LIMITER, LIMITER_HOST, limitedByPlan } from "../base/limiter";
import type { Platform } from "../base/platform";

/**
 * Has istiod send gateways the limiter's cluster, which an EnvoyFilter alone refers to. Its annotation
 * `referenced-services` would be for this, but the delta of clusters after a change of a VirtualService is computed without
 * EnvoyFilters (`deltaFromServiceDiff` in pilot/pkg/networking/core/cluster.go), and takes such a cluster away. Extension
 * providers it does read. No policy names this one; a CUSTOM policy that did would be refused all it asks, since the limiter
 * does not speak that protocol.
 */
export function limiterClusterProvider(platform: Platform) {
    if (limitedByPlan(platform).length === 0) return [];
    const service = `${LIMITER.namespace}/${LIMITER_HOST}`;
    return [{ name: "rate-limit-cluster", envoyExtAuthzGrpc: { service, port: LIMITER.grpc } }];
}
