import { type Flow, tcp, workload } from "../../base/flow";
import { COUNTERS, LIMITER, limitedByPlan } from "../../shared/rate-limits/limiter";
import { INGRESS_GATEWAYS, NAMESPACES } from "../../base/names";
import type { Platform } from "../../base/platform";

/** The public gateway calls the rate limit service, which calls its Redis. */
export function limiterFlows(platform: Platform): Flow[] {
    if (limitedByPlan(platform).length === 0) return [];
    const limiter = workload(LIMITER.namespace, LIMITER.name);
    return [
        {
            from: [workload(NAMESPACES.ingress, INGRESS_GATEWAYS.public)],
            to: [limiter],
            ports: tcp(LIMITER.grpc),
        },
        { from: [limiter], to: [workload(COUNTERS.namespace, COUNTERS.name)], ports: tcp(COUNTERS.port) },
    ];
}
