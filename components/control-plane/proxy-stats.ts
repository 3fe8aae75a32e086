import type { MeshConfig } from "../../config/schema";
import { STOCK_ENVOY } from "./stock-envoy";

/**
 * Which of Envoy's own statistics a proxy keeps beside those of Istio: what alerts and dashboards read, of the hundreds
 * that it has for each cluster. By name, as Envoy writes it.
 */
const READ = [
    // Breakers: whether one is open, and what it turned away.
    "circuit_breakers\\.default\\.(cx|rq|rq_pending|rq_retry)_open",
    // Of requests, those that could not wait and, counted apart by newer Envoys, those that were one too many at once.
    "upstream_rq_(pending|active)_overflow",
    "upstream_cx_overflow",
    // Replicas that are left out.
    "outlier_detection\\.ejections_active",
    // What is tried again, and with what success.
    "upstream_rq_retry(_success|_overflow)?",
    // Until when the certificates hold that a gateway shows.
    "listener\\..*ssl\\.certificate\\..*expiration_unix_time_seconds",
    // Tokens, and what they are checked with.
    "jwt_authn",
] as const;

export function proxyStats({ stockEnvoy }: Pick<MeshConfig["istio"], "stockEnvoy">) {
    return {
        inclusionRegexps: READ.map((pattern) => `.*${pattern}.*`),
        ...(stockEnvoy ? { inclusionPrefixes: [...STOCK_ENVOY.statPrefixes] } : {}),
    };
}
