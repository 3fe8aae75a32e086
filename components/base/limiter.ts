/** The service that counts what tenants and their clients ask, as far as several concerns must agree on it. */
import { type ExposureEdge, exposures } from "../../catalogue/query";
import { NAMESPACES, serviceHost } from "./names";
import type { Platform } from "./platform";

/** Envoy's rate limit service, beside the gateways that ask it. */
export const LIMITER = {
    name: "ratelimit",
    namespace: NAMESPACES.ingress,
    grpc: 9090,
    health: 8080,
} as const;

export const LIMITER_HOST = serviceHost(LIMITER.name, LIMITER.namespace);

/** Where it counts. */
export const COUNTERS = { name: "ratelimit-redis", namespace: NAMESPACES.ingress, port: 6379 } as const;

/**
 * The exposures whose clients are limited by their plan: those at the public gateway that take a token, which says whose
 * a request is. None where the catalogue has no plans, or the stack does not limit.
 */
export function limitedByPlan({ catalogue, config }: Platform): readonly ExposureEdge[] {
    if (!config.edge.rateLimit.enabled || Object.keys(catalogue.plans ?? {}).length === 0) return [];
    return exposures(catalogue).filter(
        ({ exposure }) => exposure.gateway === "public" && exposure.authentication === "jwt",
    );
}
