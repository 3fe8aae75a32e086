import { GRPC_FAILURES } from "../../shared/monitoring/scraping";
import {
    CANARY_STATUS,
    PRIMARY_PODS,
    PRIMARY_WORKLOADS,
    ROLLOUT_SERVICES,
    STATUS_SERIES,
    WEIGHT_SERIES,
} from "../../shared/flagger/metrics";
import { type Board, lines, type Query, query } from "./model";
import { BY_SOURCE, rate } from "./queries";

/** Requests to the primaries and canaries between which Flagger splits traffic, as callers see them. */
const TO_ROLLOUTS = `${BY_SOURCE},destination_service_name=~"${ROLLOUT_SERVICES}"`;
const BY_HOST = "sum by (destination_service_name)";
const LEGEND = "{{destination_service_name}}";

/** Failures as a rollout's analysis counts them: no response, a 5xx, or a gRPC status of the same meaning. */
const FAILED = [
    `response_code=~"0|5..",response_flags!~".*DC.*"`,
    `grpc_response_status=~"${GRPC_FAILURES}"`,
];

/** By service, and for one that is being rolled out also by version: `primary`, or the canary. */
function byVersion(expr: string, ...more: readonly string[]): string {
    const labeled = `label_replace(${expr}, "version", "primary", "pod", "${PRIMARY_PODS}")`;
    return `sum by (${["service", "version", ...more].join(", ")}) (${labeled})`;
}

/** The success rate of a business operation, from the services' counters (docs/reference/progressive-delivery.md). */
function successRate(series: string, label: string): Query {
    const counted = (outcomes: string) => byVersion(`rate(${series}{outcome=~"${outcomes}"}[$window])`);
    const all = counted("ok|failed");
    return query(`(${counted("ok")} or 0 * ${all}) / ${all}`, `${label} {{service}} {{version}}`);
}

const ALL = `${BY_HOST} (${rate(TO_ROLLOUTS)})`;
const FAILURES = FAILED.map((labels) => rate(`${TO_ROLLOUTS},${labels}`)).join(" or ");

export const DELIVERY: Board = {
    uid: "sparc-delivery",
    title: "Mesh: rollouts",
    rows: [
        {
            title: "Flagger",
            panels: [
                lines(
                    `Canary status: ${CANARY_STATUS.inProgress} in progress, ${CANARY_STATUS.other} other, ${CANARY_STATUS.failed} failed`,
                    "short",
                    query(`max by (name) (${STATUS_SERIES})`, "{{name}}"),
                ),
                lines(
                    "Canary weight",
                    "percent",
                    query(
                        `max by (workload) (${WEIGHT_SERIES}{workload!~"${PRIMARY_WORKLOADS}"})`,
                        "{{workload}}",
                    ),
                ),
            ],
        },
        {
            title: "Canary and primary",
            panels: [
                lines("Requests", "reqps", query(ALL, LEGEND)),
                lines(
                    "Error rate",
                    "percentunit",
                    query(`(${BY_HOST} (${FAILURES}) or 0 * ${ALL}) / ${ALL}`, LEGEND),
                ),
                lines(
                    "p99 latency",
                    "ms",
                    query(
                        `histogram_quantile(0.99, sum by (destination_service_name, le) (rate(istio_request_duration_milliseconds_bucket{${TO_ROLLOUTS}}[$window])))`,
                        LEGEND,
                    ),
                ),
            ],
        },
        {
            title: "Business KPIs",
            panels: [
                lines(
                    "Success rate",
                    "percentunit",
                    successRate("sparc_stream_starts_total", "stream starts"),
                    successRate("sparc_logins_total", "logins"),
                    successRate("sparc_payments_total", "payments"),
                ),
                lines(
                    "Alert delivery time (p95)",
                    "s",
                    query(
                        `histogram_quantile(0.95, ${byVersion("rate(sparc_alert_delivery_seconds_bucket[$window])", "le")})`,
                        "{{service}} {{version}}",
                    ),
                ),
            ],
        },
    ],
};
