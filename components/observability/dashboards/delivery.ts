import { type Board, lines, type Query, query } from "./model";
import { ASKED, rate } from "./queries";

/** Of those that Flagger shares requests out to, as callers see them. */
const BOTH = `${ASKED},destination_service_name=~".+-rollout-(primary|canary)"`;
const EACH = "sum by (destination_service_name)";
const LEGEND = "{{destination_service_name}}";

/** The share that works of what should, by what the services count (docs/delivery.md). */
function share(series: string, of: string): Query {
    const counted = (outcomes: string) =>
        `sum by (service) (rate(${series}{outcome=~"${outcomes}"}[$window]))`;
    return query(`${counted("ok")} / ${counted("ok|failed")}`, `${of} {{service}}`);
}

export const DELIVERY: Board = {
    uid: "sparc-delivery",
    title: "Mesh: rollouts",
    rows: [
        {
            title: "Flagger",
            panels: [
                lines(
                    "State: 0 under way, 2 failed, 1 otherwise",
                    "short",
                    query("max by (name) (flagger_canary_status)", "{{name}}"),
                ),
                lines(
                    "Share of the new version",
                    "percent",
                    query(
                        'max by (workload) (flagger_canary_weight{workload!~".+-primary"})',
                        "{{workload}}",
                    ),
                ),
            ],
        },
        {
            title: "The new version beside the old one",
            panels: [
                lines("Requests", "reqps", query(`${EACH} (${rate(BOTH)})`, LEGEND)),
                lines(
                    "Failed",
                    "percentunit",
                    query(
                        `(${EACH} (${rate(`${BOTH},response_code=~"5.."`)}) or 0 * ${EACH} (${rate(BOTH)})) / ${EACH} (${rate(BOTH)})`,
                        LEGEND,
                    ),
                ),
                lines(
                    "p99 of answers",
                    "ms",
                    query(
                        `histogram_quantile(0.99, sum by (destination_service_name, le) (rate(istio_request_duration_milliseconds_bucket{${BOTH}}[$window])))`,
                        LEGEND,
                    ),
                ),
            ],
        },
        {
            title: "What the business counts",
            panels: [
                lines(
                    "What works",
                    "percentunit",
                    share("sparc_stream_starts_total", "stream starts"),
                    share("sparc_logins_total", "logins"),
                    share("sparc_payments_total", "payments"),
                ),
                lines(
                    "p95 of alerts' delivery",
                    "s",
                    query(
                        "histogram_quantile(0.95, sum by (service, le) (rate(sparc_alert_delivery_seconds_bucket[$window])))",
                        "{{service}}",
                    ),
                ),
            ],
        },
    ],
};
