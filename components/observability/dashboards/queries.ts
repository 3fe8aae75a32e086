/** What several dashboards ask alike. */
import { NAMESPACES } from "../../base/names";

const SERVICES = `destination_service_namespace="${NAMESPACES.services}"`;

/** Requests as those count them who answer, and as those do who ask. */
export const ANSWERED = `reporter="destination",${SERVICES}`;
export const ASKED = `reporter="source",${SERVICES}`;

export function rate(labels: string): string {
    return `rate(istio_requests_total{${labels}}[$window])`;
}

/** A time that a share of the answers keeps. */
export function quantile(share: number, labels: string): string {
    const buckets = `rate(istio_request_duration_milliseconds_bucket{${labels}}[$window])`;
    return `histogram_quantile(${share}, sum by (le) (${buckets}))`;
}

/** Over what Grafana's panels take rates: more than four readings. */
export const WINDOW = "5m";

/** A panel's query as Prometheus takes it, for one service. */
export function inPrometheus(expr: string, service: string): string {
    return expr.replaceAll("$window", WINDOW).replaceAll("$service", service);
}
