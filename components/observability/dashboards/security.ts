import { TO_NOWHERE } from "../istio-series";
import { type Board, lines, number, query } from "./model";
import { rate } from "./queries";

export const SECURITY: Board = {
    uid: "sparc-security",
    title: "Mesh: security",
    rows: [
        {
            title: "Who is who",
            panels: [
                number(
                    "In mutual TLS",
                    "percentunit",
                    `sum(${rate('reporter="destination",connection_security_policy="mutual_tls"')}) / sum(${rate('reporter="destination"')})`,
                ),
                // By whom it was asked for; a gateway that refuses by itself tells of it as the caller of nobody.
                number(
                    "Refused",
                    "reqps",
                    ['reporter="destination"', 'reporter="source",destination_workload="unknown"']
                        .map((teller) => `(sum(${rate(`${teller},response_code="403"`)}) or vector(0))`)
                        .join(" + "),
                ),
                number("Workload certificates: shortest", "s", "min(istio_agent_cert_expiry_seconds)"),
                number(
                    "The mesh's CA",
                    "s",
                    'min({__name__=~"citadel_server_(root_cert|cert_chain)_expiry_seconds"})',
                ),
            ],
        },
        {
            title: "What is refused",
            panels: [
                lines(
                    "Refused, by who was asked",
                    "reqps",
                    query(
                        `sum by (destination_workload) (${rate('reporter="destination",response_code="403"')})`,
                        "{{destination_workload}}",
                    ),
                ),
                lines(
                    "Refused, by who asked",
                    "reqps",
                    query(
                        `sum by (source_workload) (${rate('reporter="destination",response_code="403"')})`,
                        "{{source_workload}}",
                    ),
                ),
                lines(
                    "Hosts that nobody may reach",
                    "reqps",
                    query(`sum by (source_workload) (${rate(TO_NOWHERE)})`, "{{source_workload}}, requests"),
                    query(
                        `sum by (source_workload) (rate(istio_tcp_connections_closed_total{${TO_NOWHERE}}[$window]))`,
                        "{{source_workload}}, connections",
                    ),
                ),
                lines(
                    "Certificates of gateways: days left",
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
