/** Parts of queries that several dashboards share. */
import { NAMESPACES } from "../../base/names";

const TO_SERVICES = `destination_service_namespace="${NAMESPACES.services}"`;

/** Requests as the destination's proxy, or the source's, reports them. */
export const BY_DESTINATION = `reporter="destination",${TO_SERVICES}`;
export const BY_SOURCE = `reporter="source",${TO_SERVICES}`;

export function rate(labels: string): string {
    return `rate(istio_requests_total{${labels}}[$window])`;
}

/** A quantile of the response time, in milliseconds. */
export function quantile(q: number, labels: string): string {
    const buckets = `rate(istio_request_duration_milliseconds_bucket{${labels}}[$window])`;
    return `histogram_quantile(${q}, sum by (le) (${buckets}))`;
}

/** The range of the panels' rates: more than four scrapes. */
export const WINDOW = "5m";

/** A panel's query with its variables replaced, for one service. */
export function inPrometheus(expr: string, service: string): string {
    return expr.replaceAll("$window", WINDOW).replaceAll("$service", service);
}
