import { TO_BLACK_HOLE } from "../istio-series";
import { type Board, lines, number, query } from "./model";
import { rate } from "./queries";

export const SECURITY: Board = {
    uid: "sparc-security",
    title: "Mesh: security",
    rows: [
        {
            title: "mTLS identity",
            panels: [
                number(
                    "mTLS share of requests",
                    "percentunit",
                    `sum(${rate('reporter="destination",connection_security_policy="mutual_tls"')}) / sum(${rate('reporter="destination"')})`,
                ),
                // As the destination reports it. A gateway reports its own denials as the source, with an unknown destination.
                number(
                    "Denied requests",
                    "reqps",
                    ['reporter="destination"', 'reporter="source",destination_workload="unknown"']
                        .map((reporter) => `(sum(${rate(`${reporter},response_code="403"`)}) or vector(0))`)
                        .join(" + "),
                ),
                number("Next workload certificate expiry", "s", "min(istio_agent_cert_expiry_seconds)"),
                number(
                    "Mesh CA expiry",
                    "s",
                    'min({__name__=~"citadel_server_(root_cert|cert_chain)_expiry_seconds"})',
                ),
            ],
        },
        {
            title: "Denied requests and blocked hosts",
            panels: [
                lines(
                    "Denied requests by destination",
                    "reqps",
                    query(
                        `sum by (destination_workload) (${rate('reporter="destination",response_code="403"')})`,
                        "{{destination_workload}}",
                    ),
                ),
                lines(
                    "Denied requests by source",
                    "reqps",
                    query(
                        `sum by (source_workload) (${rate('reporter="destination",response_code="403"')})`,
                        "{{source_workload}}",
                    ),
                ),
                lines(
                    "Requests to unknown hosts (BlackHoleCluster)",
                    "reqps",
                    query(
                        `sum by (source_workload) (${rate(TO_BLACK_HOLE)})`,
                        "{{source_workload}}, requests",
                    ),
                    query(
                        `sum by (source_workload) (rate(istio_tcp_connections_closed_total{${TO_BLACK_HOLE}}[$window]))`,
                        "{{source_workload}}, connections",
                    ),
                ),
                lines(
                    "Gateway certificates: days until expiry",
                    "d",
                    query(
                        '(min by (service) ({__name__=~"envoy_.*ssl_certificate.*expiration_unix_time_seconds",service=~"istio-.*gateway"}) - time()) / 86400',
                        "{{service}}",
                    ),
                ),
            ],
        },
    ],
};
