/**
 * Istio's metrics on a node whose proxy image holds a stock Envoy: that lacks the filter which counts `istio_requests_total`
 * and measures `istio_request_duration_milliseconds`. What it has is an access log that counts. With it each proxy has
 * the same series under the same names and, but for what docs/node.md lists, the same labels, so that rules, dashboards
 * and analyses are production's. Prometheus does the rest as it reads them (`components/observability/istio-series.ts`).
 *
 * The labels that production's Telemetry objects add are the same expressions here.
 */
import { servicesOf } from "../../catalogue/query";
import { type EnvoyPatch, CONNECTION_MANAGER, envoyFilter, typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { MESHED_NAMESPACES, NAMESPACES, type NamespaceName } from "../base/names";
import type { Platform } from "../base/platform";
import { IS_GRPC, IS_PROBE, METHOD_CLASS, pathClass, tenant } from "./dimensions";

type Labels = Readonly<Record<string, string>>;
type Context = "SIDECAR_INBOUND" | "SIDECAR_OUTBOUND" | "GATEWAY";

const NAME = "istio-metrics";
const TCP_PROXY = "envoy.filters.network.tcp_proxy";

/** Who the proxy's own workload is, from what injection tells it. */
const SELF = {
    workload: "%ENVIRONMENT(ISTIO_META_WORKLOAD_NAME)%",
    namespace: "%ENVIRONMENT(POD_NAMESPACE)%",
    account: "%ENVIRONMENT(SERVICE_ACCOUNT)%",
} as const;

const RESPONSE: Labels = { response_code: "%RESPONSE_CODE%" };

const PROBE: Labels = { probe: cel(IS_PROBE) };

const DETAILS: Labels = {
    request_protocol: cel(`${IS_GRPC} ? 'grpc' : 'http'`),
    response_flags: "%RESPONSE_FLAGS%",
    // Envoy makes one up for what is no gRPC.
    grpc_response_status: cel(`${IS_GRPC} ? response.grpc_status : ''`),
};

/** Of a proxy before whom it counts for; the peer's name is taken apart by Prometheus. */
const AT_CALLEE: Labels = {
    reporter: "destination",
    downstream_peer: "%DOWNSTREAM_PEER_URI_SAN%",
    destination_workload: SELF.workload,
    destination_workload_namespace: SELF.namespace,
    destination_service_name: SELF.account,
    destination_service_namespace: SELF.namespace,
};

const SECURITY: Labels = { connection_security_policy: cel("connection.mtls ? 'mutual_tls' : 'none'") };

/** Of a proxy behind whom it counts for: the cluster names the service, and istiod tells the workload of each endpoint. */
const AT_CALLER: Labels = {
    reporter: "source",
    source_workload: SELF.workload,
    source_workload_namespace: SELF.namespace,
    // A host that the sidecar does not know is answered by a route of this name, without a cluster.
    upstream_cluster: cel("xds.route_name == 'block_all' ? 'BlackHoleCluster' : xds.cluster_name"),
    upstream_workload: "%UPSTREAM_METADATA(istio:workload)%",
};

/** Only where a request is answered is its security known, as in production. */
const UNKNOWN_SECURITY: Labels = { connection_security_policy: "unknown" };

/** Of a connection there is no route to name its cluster. */
const CONNECTIONS_AT_CALLER: Labels = {
    ...AT_CALLER,
    ...UNKNOWN_SECURITY,
    upstream_cluster: "%UPSTREAM_CLUSTER_RAW%",
};

export function stockEnvoyMetrics({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    const whose = cel(tenant(config.telemetry.tenants));
    const others = MESHED_NAMESPACES.filter((namespace) => namespace !== NAMESPACES.services);
    return [
        filter(NAMESPACES.system, undefined, [
            http("SIDECAR_OUTBOUND", AT_CALLER, UNKNOWN_SECURITY),
            tcp("SIDECAR_INBOUND", { ...AT_CALLEE, ...SECURITY }),
            tcp("SIDECAR_OUTBOUND", CONNECTIONS_AT_CALLER),
            tcp("GATEWAY", CONNECTIONS_AT_CALLER),
        ]),
        ...others.map((namespace) =>
            filter(namespace, undefined, [
                http("SIDECAR_INBOUND", AT_CALLEE, SECURITY),
                http("GATEWAY", AT_CALLER, {
                    ...UNKNOWN_SECURITY,
                    ...(namespace === NAMESPACES.ingress ? { tenant: whose } : {}),
                }),
            ]),
        ),
        ...servicesOf(catalogue).map(([name, service]) =>
            filter(NAMESPACES.services, name, [
                http("SIDECAR_INBOUND", AT_CALLEE, {
                    ...SECURITY,
                    tenant: whose,
                    method_class: cel(METHOD_CLASS),
                    path_class: cel(pathClass(service)),
                }),
            ]),
        ),
    ];
}

/** A proxy is patched by at most one filter of its namespace: two would count twice. */
function filter(
    namespace: NamespaceName,
    workload: string | undefined,
    patches: EnvoyPatch[],
): EnvoyFilterManifest {
    const name = workload === undefined ? NAME : `${NAME}-${workload}`;
    return envoyFilter({ name, namespace, ...(workload === undefined ? {} : { workload }), patches });
}

/** @param details labels of the count alone: a histogram is twenty series for each. */
function http(context: Context, who: Labels, details: Labels): EnvoyPatch {
    const type = "filters.network.http_connection_manager.v3.HttpConnectionManager";
    return onFilter(context, CONNECTION_MANAGER, type, {
        counters: [
            {
                stat: stat("requests_total", { ...who, ...RESPONSE, ...PROBE, ...DETAILS, ...details }),
                value_fixed: 1,
            },
        ],
        histograms: [
            {
                stat: stat("request_duration_milliseconds", { ...who, ...RESPONSE, ...PROBE }),
                unit: "Milliseconds",
                value_format: "%DURATION%",
            },
        ],
    });
}

function tcp(context: Context, who: Labels): EnvoyPatch {
    const labels = { ...who, request_protocol: "tcp", response_flags: "%RESPONSE_FLAGS%" };
    return onFilter(context, TCP_PROXY, "filters.network.tcp_proxy.v3.TcpProxy", {
        counters: [
            { stat: stat("tcp_connections_closed_total", labels), value_fixed: 1 },
            { stat: stat("tcp_received_bytes_total", labels), value_format: "%BYTES_RECEIVED%" },
            { stat: stat("tcp_sent_bytes_total", labels), value_format: "%BYTES_SENT%" },
        ],
    });
}

function onFilter(
    context: Context,
    name: string,
    type: string,
    counted: Record<string, unknown>,
): EnvoyPatch {
    return {
        applyTo: "NETWORK_FILTER",
        match: { context, listener: { filterChain: { filter: { name } } } },
        patch: {
            operation: "MERGE",
            value: {
                typed_config: typed(type, {
                    access_log: [
                        {
                            name: "envoy.access_loggers.stats",
                            typed_config: typed("access_loggers.stats.v3.Config", {
                                stat_prefix: "istio",
                                ...counted,
                            }),
                        },
                    ],
                }),
            },
        },
    };
}

function stat(name: string, labels: Labels): Record<string, unknown> {
    return {
        name,
        tags: Object.entries(labels).map(([label, value]) => ({ name: label, value_format: value })),
    };
}

function cel(expression: string): string {
    return `%CEL(${expression})%`;
}
