import { ROLLOUT_SUFFIX } from "../../shared/flagger/metrics";
import { type Board, lines, query } from "./model";
import { BY_DESTINATION, BY_SOURCE, quantile, rate } from "./queries";

const toService = `destination_service_name=~"$service${ROLLOUT_SUFFIX}"`;
/** The service's Envoy clusters in its callers' proxies. */
const callerClusters = `cluster_name=~"outbound.*[|]$service${ROLLOUT_SUFFIX}[.].*"`;

export const SERVICE: Board = {
    uid: "sparc-service",
    title: "Mesh: service",
    byService: true,
    rows: [
        {
            title: "Rate, errors, duration",
            panels: [
                lines(
                    "Requests by response code",
                    "reqps",
                    query(
                        `sum by (response_code) (${rate(`${BY_SOURCE},${toService}`)})`,
                        "{{response_code}}",
                    ),
                ),
                lines(
                    "Requests by caller",
                    "reqps",
                    query(
                        `sum by (source_workload) (${rate(`${BY_SOURCE},${toService}`)})`,
                        "{{source_workload}}",
                    ),
                ),
                lines(
                    "Duration",
                    "ms",
                    ...[0.5, 0.9, 0.99].map((share) =>
                        query(quantile(share, `${BY_DESTINATION},${toService}`), `p${share * 100}`),
                    ),
                ),
                lines(
                    "Requests by method and path class",
                    "reqps",
                    query(
                        `sum by (path_class, method_class) (${rate(`${BY_DESTINATION},${toService}`)})`,
                        "{{method_class}} {{path_class}}",
                    ),
                ),
                lines(
                    "Requests by response flags",
                    "reqps",
                    query(
                        `sum by (response_flags) (${rate(`${BY_SOURCE},${toService}`)})`,
                        "{{response_flags}}",
                    ),
                ),
                lines(
                    "Requests by version",
                    "reqps",
                    query(
                        `sum by (destination_workload) (${rate(`${BY_DESTINATION},${toService}`)})`,
                        "{{destination_workload}}",
                    ),
                ),
            ],
        },
        {
            title: "Circuit breakers and retries in its callers' proxies",
            panels: [
                lines(
                    "Circuit breaker overflow",
                    "short",
                    query(
                        `sum by (service) (increase(envoy_cluster_upstream_rq_active_overflow{${callerClusters}}[$window]))`,
                        "{{service}}",
                    ),
                    query(
                        `sum by (service) (increase(envoy_cluster_upstream_rq_pending_overflow{${callerClusters}}[$window]))`,
                        "{{service}}, pending",
                    ),
                ),
                lines(
                    "Retries",
                    "short",
                    query(
                        `sum by (service) (increase(envoy_cluster_upstream_rq_retry{${callerClusters}}[$window]))`,
                        "{{service}}",
                    ),
                ),
                lines(
                    "Ejected endpoints (outlier detection)",
                    "short",
                    query(
                        `max by (service) (envoy_cluster_outlier_detection_ejections_active{${callerClusters}})`,
                        "{{service}}",
                    ),
                ),
                lines(
                    "Open circuit breakers",
                    "short",
                    query(
                        `max by (service) (envoy_cluster_circuit_breakers_default_rq_open{${callerClusters}})`,
                        "{{service}}",
                    ),
                ),
            ],
        },
        {
            title: "Sidecars",
            panels: [
                lines(
                    "CPU",
                    "short",
                    query(
                        'sum by (pod) (rate(container_cpu_usage_seconds_total{container="istio-proxy",pod=~"$service-.*"}[$window]))',
                        "{{pod}}",
                    ),
                ),
                lines(
                    "Memory",
                    "bytes",
                    query(
                        'sum by (pod) (container_memory_working_set_bytes{container="istio-proxy",pod=~"$service-.*"})',
                        "{{pod}}",
                    ),
                ),
            ],
        },
    ],
};
