/** How metrics are scraped and read, where several concerns must agree. */

/** Prometheus' scrape and evaluation interval in seconds, by its source. */
export const SCRAPE_SECONDS = { image: 5, chart: 15 } as const;

/**
 * gRPC statuses that count as failures of the callee or the network: unknown, deadline exceeded, resource exhausted,
 * unimplemented, internal, unavailable, data loss. Rollout analysis and alerts use the same list.
 */
export const GRPC_FAILURES = "2|4|8|12|13|14|15";
