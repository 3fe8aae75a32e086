import { type Board, lines, number, query } from "./model";
import { ANSWERED, ASKED, quantile, rate } from "./queries";

export const OVERVIEW: Board = {
    uid: "sparc-mesh",
    title: "Mesh: overview",
    rows: [
        {
            title: "Now",
            panels: [
                number("Requests", "reqps", `sum(${rate(ANSWERED)})`),
                number(
                    "Failed",
                    "percentunit",
                    `(sum(${rate(`${ASKED},response_code=~"5.."`)}) or vector(0)) / sum(${rate(ASKED)})`,
                ),
                number("p99", "ms", quantile(0.99, ANSWERED)),
                number("Alerts", "short", 'count(ALERTS{alertstate="firing"}) or vector(0)'),
            ],
        },
        {
            title: "By service",
            panels: [
                lines("Requests", "reqps", query("service:requests:rate5m", "{{service}}")),
                lines("Failed", "percentunit", query("service:failures:ratio_rate5m", "{{service}}")),
                lines("p99 of answers", "ms", query("service:duration_milliseconds:p99_5m", "{{service}}")),
                lines(
                    "By tenant",
                    "reqps",
                    query(`sum by (tenant) (${rate(`${ANSWERED},tenant!=""`)})`, "{{tenant}}"),
                ),
            ],
        },
        {
            title: "Control plane",
            panels: [
                lines(
                    "Pushes",
                    "short",
                    query("sum by (type) (rate(pilot_xds_pushes[$window]))", "{{type}}"),
                ),
                lines(
                    "Time until a change is everywhere",
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
