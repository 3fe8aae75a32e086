/**
 * Istio's metrics for proxy images with a stock Envoy, which lacks the filter that reports `istio_requests_total` and
 * `istio_request_duration_milliseconds`. It has an access log that emits statistics instead. With it each proxy has
 * the same series with the same names and, apart from what docs/reference/embedded-node.md lists, the same labels, so
 * that rules, dashboards and analyses are the same as in production. Prometheus does the rest by relabeling
 * (`components/observability/istio-series.ts`).
 *
 * The labels that production's Telemetry resources add are the same expressions here.
 */
import { servicesOf } from "../../catalogue/query";
import { type EnvoyPatch, CONNECTION_MANAGER, envoyFilter, typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { MESHED_NAMESPACES, NAMESPACES, type NamespaceName } from "../base/names";
import type { Platform } from "../base/platform";
import { IS_GRPC, IS_PROBE, METHOD_CLASS, pathClass, tenant } from "./dimensions";

type Labels = Readonly<Record<string, string>>;
type Context = "SIDECAR_INBOUND" | "SIDECAR_OUTBOUND" | "GATEWAY";

const NAME = "istio-metrics";
const TCP_PROXY = "envoy.filters.network.tcp_proxy";

/** The proxy's workload, from the environment that injection sets. */
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
    // Envoy derives one for requests that are not gRPC.
    grpc_response_status: cel(`${IS_GRPC} ? response.grpc_status : ''`),
};

/** For the callee's proxy. Prometheus splits the peer's identity. */
const AT_CALLEE: Labels = {
    reporter: "destination",
    downstream_peer: "%DOWNSTREAM_PEER_URI_SAN%",
    destination_workload: SELF.workload,
    destination_workload_namespace: SELF.namespace,
    destination_service_name: SELF.account,
    destination_service_namespace: SELF.namespace,
};

const SECURITY: Labels = { connection_security_policy: cel("connection.mtls ? 'mutual_tls' : 'none'") };

/** For the caller's proxy: the cluster identifies the service, and istiod's endpoint metadata the workload. */
const AT_CALLER: Labels = {
    reporter: "source",
    source_workload: SELF.workload,
    source_workload_namespace: SELF.namespace,
    // A route of this name blocks hosts that the sidecar does not know, without a cluster.
    upstream_cluster: cel("xds.route_name == 'block_all' ? 'BlackHoleCluster' : xds.cluster_name"),
    upstream_workload: "%UPSTREAM_METADATA(istio:workload)%",
};

/** As in production, only the callee's proxy knows the security policy. */
const UNKNOWN_SECURITY: Labels = { connection_security_policy: "unknown" };

/** A TCP connection has no route that names its cluster. */
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

/** At most one filter of a namespace may apply to a proxy: with two, requests would count twice. */
function filter(
    namespace: NamespaceName,
    workload: string | undefined,
    patches: EnvoyPatch[],
): EnvoyFilterManifest {
    const name = workload === undefined ? NAME : `${NAME}-${workload}`;
    return envoyFilter({ name, namespace, ...(workload === undefined ? {} : { workload }), patches });
}

/** @param details labels of the counter only: a histogram has twenty series for each */
function http(context: Context, self: Labels, details: Labels): EnvoyPatch {
    const type = "filters.network.http_connection_manager.v3.HttpConnectionManager";
    return onFilter(context, CONNECTION_MANAGER, type, {
        counters: [
            {
                stat: stat("requests_total", { ...self, ...RESPONSE, ...PROBE, ...DETAILS, ...details }),
                value_fixed: 1,
            },
        ],
        histograms: [
            {
                stat: stat("request_duration_milliseconds", { ...self, ...RESPONSE, ...PROBE }),
                unit: "Milliseconds",
                value_format: "%DURATION%",
            },
        ],
    });
}

function tcp(context: Context, self: Labels): EnvoyPatch {
    const labels = { ...self, request_protocol: "tcp", response_flags: "%RESPONSE_FLAGS%" };
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
    counter: Record<string, unknown>,
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
                                ...counter,
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
