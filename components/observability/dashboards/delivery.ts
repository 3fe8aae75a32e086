import { GRPC_FAULTS } from "../../base/rollouts";
import { type Board, lines, type Query, query } from "./model";
import { ASKED, rate } from "./queries";

/** Of those that Flagger shares requests out to, as callers see them. */
const BOTH = `${ASKED},destination_service_name=~".+-rollout-(primary|canary)"`;
const EACH = "sum by (destination_service_name)";
const LEGEND = "{{destination_service_name}}";

/** What fails, as rollouts are judged by it: no answer, a fault, or gRPC's word for one. */
const FAILED = [`response_code=~"0|5..",response_flags!~".*DC.*"`, `grpc_response_status=~"${GRPC_FAULTS}"`];

/** By service, and of one that is rolled out by its old version (`primary`) and its new one. */
function byVersion(expr: string, ...more: readonly string[]): string {
    const told = `label_replace(${expr}, "version", "primary", "pod", ".+-primary-[0-9a-z]+-[0-9a-z]+")`;
    return `sum by (${["service", "version", ...more].join(", ")}) (${told})`;
}

/** The share that works of what should, by what the services count (docs/delivery.md). */
function share(series: string, of: string): Query {
    const counted = (outcomes: string) => byVersion(`rate(${series}{outcome=~"${outcomes}"}[$window])`);
    const all = counted("ok|failed");
    return query(`(${counted("ok")} or 0 * ${all}) / ${all}`, `${of} {{service}} {{version}}`);
}

const ALL = `${EACH} (${rate(BOTH)})`;
const FAILING = FAILED.map((labels) => rate(`${BOTH},${labels}`)).join(" or ");

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
                lines("Requests", "reqps", query(ALL, LEGEND)),
                lines(
                    "Failed",
                    "percentunit",
                    query(`(${EACH} (${FAILING}) or 0 * ${ALL}) / ${ALL}`, LEGEND),
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
                        `histogram_quantile(0.95, ${byVersion("rate(sparc_alert_delivery_seconds_bucket[$window])", "le")})`,
                        "{{service}} {{version}}",
                    ),
                ),
            ],
        },
    ],
};
