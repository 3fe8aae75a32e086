import { OF_A_ROLLOUT } from "../../base/rollouts";
import { type Board, lines, query } from "./model";
import { ANSWERED, ASKED, quantile, rate } from "./queries";

const own = `destination_service_name=~"$service${OF_A_ROLLOUT}"`;
/** The service as its callers' proxies name it. */
const toIt = `cluster_name=~"outbound.*[|]$service${OF_A_ROLLOUT}[.].*"`;

export const SERVICE: Board = {
    uid: "sparc-service",
    title: "Mesh: a service",
    byService: true,
    rows: [
        {
            title: "Rate, errors, duration",
            panels: [
                lines(
                    "Requests by answer",
                    "reqps",
                    query(`sum by (response_code) (${rate(`${ASKED},${own}`)})`, "{{response_code}}"),
                ),
                lines(
                    "Requests by caller",
                    "reqps",
                    query(`sum by (source_workload) (${rate(`${ASKED},${own}`)})`, "{{source_workload}}"),
                ),
                lines(
                    "Duration",
                    "ms",
                    ...[0.5, 0.9, 0.99].map((share) =>
                        query(quantile(share, `${ANSWERED},${own}`), `p${share * 100}`),
                    ),
                ),
                lines(
                    "Requests by what they are about",
                    "reqps",
                    query(
                        `sum by (path_class, method_class) (${rate(`${ANSWERED},${own}`)})`,
                        "{{method_class}} {{path_class}}",
                    ),
                ),
                lines(
                    "What became of calls on the way",
                    "reqps",
                    query(`sum by (response_flags) (${rate(`${ASKED},${own}`)})`, "{{response_flags}}"),
                ),
                lines(
                    "Versions",
                    "reqps",
                    query(
                        `sum by (destination_workload) (${rate(`${ANSWERED},${own}`)})`,
                        "{{destination_workload}}",
                    ),
                ),
            ],
        },
        {
            title: "Breakers and retries of its callers",
            panels: [
                lines(
                    "Refused by a breaker",
                    "short",
                    query(
                        `sum by (service) (increase(envoy_cluster_upstream_rq_active_overflow{${toIt}}[$window]))`,
                        "{{service}}",
                    ),
                    query(
                        `sum by (service) (increase(envoy_cluster_upstream_rq_pending_overflow{${toIt}}[$window]))`,
                        "{{service}}, before a connection was there",
                    ),
                ),
                lines(
                    "Tried again",
                    "short",
                    query(
                        `sum by (service) (increase(envoy_cluster_upstream_rq_retry{${toIt}}[$window]))`,
                        "{{service}}",
                    ),
                ),
                lines(
                    "Replicas left out",
                    "short",
                    query(
                        `max by (service) (envoy_cluster_outlier_detection_ejections_active{${toIt}})`,
                        "{{service}}",
                    ),
                ),
                lines(
                    "Breakers open",
                    "short",
                    query(
                        `max by (service) (envoy_cluster_circuit_breakers_default_rq_open{${toIt}})`,
                        "{{service}}",
                    ),
                ),
            ],
        },
        {
            title: "Its sidecars",
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
