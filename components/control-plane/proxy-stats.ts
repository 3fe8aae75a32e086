import type { MeshConfig } from "../../config/schema";
import { STOCK_ENVOY } from "./stock-envoy";

/**
 * The Envoy statistics that a proxy keeps in addition to Istio's: those that alerts and dashboards use, of the
 * hundreds for each cluster. By Envoy's name.
 */
const READ = [
    // Circuit breakers: whether one is open, and what it rejected.
    "circuit_breakers\\.default\\.(cx|rq|rq_pending|rq_retry)_open",
    // For requests: overflow of the pending queue, and of concurrent requests, which newer Envoy versions count
    // separately.
    "upstream_rq_(pending|active)_overflow",
    "upstream_cx_overflow",
    // Ejected endpoints.
    "outlier_detection\\.ejections_active",
    // Retries and their results.
    "upstream_rq_retry(_success|_overflow)?",
    // Expiry of the certificates that a gateway presents.
    "listener\\..*ssl\\.certificate\\..*expiration_unix_time_seconds",
    // JWT verification and key sets.
    "jwt_authn",
] as const;

export function proxyStats({ stockEnvoy }: Pick<MeshConfig["istio"], "stockEnvoy">) {
    return {
        inclusionRegexps: READ.map((pattern) => `.*${pattern}.*`),
        ...(stockEnvoy ? { inclusionPrefixes: [...STOCK_ENVOY.statPrefixes] } : {}),
    };
}
