/**
 * The whole difference between proxies with a stock Envoy, as on the local cluster, and Istio's build in production.
 * Stock Envoy lacks Istio's filters and rejects a configuration that names one: `istio.stats`, metadata exchange and
 * the ALPN override. mTLS, RBAC, JWT, rate limits, outlier detection, tracing and access logs are part of stock Envoy
 * and unchanged. `components/telemetry/stock-envoy.ts` replaces `istio.stats`.
 */
export const STOCK_ENVOY = {
    /** istiod's environment variables. */
    env: {
        PILOT_ENABLE_METADATA_EXCHANGE: "false",
        PILOT_ENABLE_ALPN_FILTER: "false",
    },
    /** The prefixes of the statistics that replace the missing filter's (`components/telemetry/stock-envoy.ts`). */
    statPrefixes: ["istio."],
    /** Turns off the filters that produce `istio_requests_total`. */
    telemetry: { enabled: false },
} as const;
