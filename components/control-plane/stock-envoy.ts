/**
 * The whole difference between a node whose proxy image holds a stock Envoy and production, whose image holds
 * Istio's build of it. Istio's own filters are missing from stock Envoy, and it refuses a configuration that names
 * one: `istio.stats`, metadata exchange and the ALPN override. mTLS, RBAC, JWT, rate limits, outlier detection,
 * tracing and access logs are stock Envoy's own and stay as they are. What takes the place of `istio.stats` is in
 * `components/telemetry/stock-envoy.ts`.
 */
export const STOCK_ENVOY = {
    /** For istiod's environment. */
    env: {
        PILOT_ENABLE_METADATA_EXCHANGE: "false",
        PILOT_ENABLE_ALPN_FILTER: "false",
    },
    /** Those of the access log that counts in the missing filter's place (`components/telemetry/stock-envoy.ts`). */
    statPrefixes: ["istio."],
    /** Turns off the filters that produce `istio_requests_total`. */
    telemetry: { enabled: false },
} as const;
