/** The rate limit service: the names and ports that several concerns use. */
import { type ExposureEdge, exposures } from "../../../catalogue/query";
import { NAMESPACES, serviceHost } from "../../base/names";
import type { Platform } from "../../base/platform";

/** Envoy's rate limit service, in the gateways' namespace. */
export const LIMITER = {
    name: "ratelimit",
    namespace: NAMESPACES.ingress,
    grpc: 9090,
    health: 8080,
} as const;

export const LIMITER_HOST = serviceHost(LIMITER.name, LIMITER.namespace);

/** The Redis in which it counts. */
export const COUNTERS = { name: "ratelimit-redis", namespace: NAMESPACES.ingress, port: 6379 } as const;

/**
 * The exposures whose clients are rate limited by their plan: those at the public gateway that require a token, which
 * identifies the tenant. None if the catalogue has no plans, or the stack turns rate limiting off.
 */
export function limitedByPlan({ catalogue, config }: Platform): readonly ExposureEdge[] {
    if (!config.edge.rateLimit.enabled || Object.keys(catalogue.plans ?? {}).length === 0) return [];
    return exposures(catalogue).filter(
        ({ exposure }) => exposure.gateway === "public" && exposure.authentication === "jwt",
    );
}
