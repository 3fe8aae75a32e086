import { NAMESPACES } from "../../base/names";
import { type Board, bars, lines, query, table } from "./model";
import { ASKED, rate } from "./queries";

export const FLOW: Board = {
    uid: "sparc-flow",
    title: "Mesh: who calls whom",
    rows: [
        {
            title: "Inside",
            panels: [
                table(
                    "Calls",
                    "reqps",
                    `sum by (source_workload, destination_service_name) (${rate(ASKED)}) > 0`,
                ),
                lines(
                    "Connections that ended",
                    "cps",
                    query(
                        'sum by (destination_workload) (rate(istio_tcp_connections_closed_total{reporter="destination"}[$window]))',
                        "{{destination_workload}}",
                    ),
                ),
                lines(
                    "Bytes over connections",
                    "Bps",
                    query(
                        'sum by (destination_workload) (rate(istio_tcp_sent_bytes_total{reporter="destination"}[$window]))',
                        "{{destination_workload}}",
                    ),
                ),
            ],
        },
        {
            title: "In and out",
            panels: [
                lines(
                    "At the gateways",
                    "reqps",
                    query(
                        `sum by (source_workload, response_code) (${rate(`reporter="source",source_workload_namespace="${NAMESPACES.ingress}"`)})`,
                        "{{source_workload}} {{response_code}}",
                    ),
                ),
                bars(
                    "Left through the egress gateway",
                    "reqps",
                    `sum by (destination_service_name) (${rate(`reporter="source",source_workload_namespace="${NAMESPACES.egress}"`)} or rate(istio_tcp_connections_closed_total{reporter="source",source_workload_namespace="${NAMESPACES.egress}"}[$window]))`,
                    "{{destination_service_name}}",
                ),
            ],
        },
    ],
};
