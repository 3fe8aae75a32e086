import { type Board, lines, number, query } from "./model";
import { BY_DESTINATION, BY_SOURCE, quantile, rate } from "./queries";

export const OVERVIEW: Board = {
    uid: "sparc-mesh",
    title: "Mesh: overview",
    rows: [
        {
            title: "Now",
            panels: [
                number("Requests", "reqps", `sum(${rate(BY_DESTINATION)})`),
                number(
                    "Error rate",
                    "percentunit",
                    `(sum(${rate(`${BY_SOURCE},response_code=~"5.."`)}) or vector(0)) / sum(${rate(BY_SOURCE)})`,
                ),
                number("p99 latency", "ms", quantile(0.99, BY_DESTINATION)),
                number("Firing alerts", "short", 'count(ALERTS{alertstate="firing"}) or vector(0)'),
            ],
        },
        {
            title: "By service",
            panels: [
                lines("Requests", "reqps", query("service:requests:rate5m", "{{service}}")),
                lines("Error rate", "percentunit", query("service:failures:ratio_rate5m", "{{service}}")),
                lines("p99 latency", "ms", query("service:duration_milliseconds:p99_5m", "{{service}}")),
                lines(
                    "Requests by tenant",
                    "reqps",
                    query(`sum by (tenant) (${rate(`${BY_DESTINATION},tenant!=""`)})`, "{{tenant}}"),
                ),
            ],
        },
        {
            title: "Control plane",
            panels: [
                lines(
                    "xDS pushes",
                    "short",
                    query("sum by (type) (rate(pilot_xds_pushes[$window]))", "{{type}}"),
                ),
                lines(
                    "Config propagation time (p99)",
                    "s",
                    query(
                        "histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[$window])))",
                        "p99",
                    ),
                ),
            ],
        },
    ],
};
