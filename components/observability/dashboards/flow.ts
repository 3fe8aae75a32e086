import { NAMESPACES } from "../../base/names";
import { type Board, bars, lines, query, table } from "./model";
import { BY_SOURCE, rate } from "./queries";

export const FLOW: Board = {
    uid: "sparc-flow",
    title: "Mesh: traffic",
    rows: [
        {
            title: "East-west traffic",
            panels: [
                table(
                    "Requests by caller and destination",
                    "reqps",
                    `sum by (source_workload, destination_service_name) (${rate(BY_SOURCE)}) > 0`,
                ),
                lines(
                    "Connections closed",
                    "cps",
                    query(
                        'sum by (destination_workload) (rate(istio_tcp_connections_closed_total{reporter="destination"}[$window]))',
                        "{{destination_workload}}",
                    ),
                ),
                lines(
                    "TCP bytes sent",
                    "Bps",
                    query(
                        'sum by (destination_workload) (rate(istio_tcp_sent_bytes_total{reporter="destination"}[$window]))',
                        "{{destination_workload}}",
                    ),
                ),
            ],
        },
        {
            title: "North-south traffic",
            panels: [
                lines(
                    "Ingress gateways",
                    "reqps",
                    query(
                        `sum by (source_workload, response_code) (${rate(`reporter="source",source_workload_namespace="${NAMESPACES.ingress}"`)})`,
                        "{{source_workload}} {{response_code}}",
                    ),
                ),
                bars(
                    "Egress gateway, by external host",
                    "reqps",
                    `sum by (destination_service_name) (${rate(`reporter="source",source_workload_namespace="${NAMESPACES.egress}"`)} or rate(istio_tcp_connections_closed_total{reporter="source",source_workload_namespace="${NAMESPACES.egress}"}[$window]))`,
                    "{{destination_service_name}}",
                ),
            ],
        },
    ],
};
