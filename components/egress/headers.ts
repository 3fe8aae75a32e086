import {
    CONNECTION_MANAGER,
    type EnvoyPatch,
    envoyFilter,
    onConnectionManager,
    typed,
} from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { EGRESS_GATEWAY, EGRESS_TENANT, NAMESPACES, PROBE_HEADER, TOKEN_HEADERS } from "../base/names";

/**
 * Headers about the path of a request to its caller. The caller's sidecar removes them: Envoy would otherwise treat
 * the request as one from outside the mesh.
 */
export const CALLER_PATH_HEADERS: readonly string[] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "x-forwarded-host",
    "x-forwarded-port",
];

/**
 * Headers that external services must not see: the user and the tenant, the calling workload and its address, and
 * what libraries and proxies add. The trace ID and the request ID stay, so that an external service's operator can find
 * a request in their logs. So do `authorization` and cookies, which the caller sends to the external service.
 */
export const INTERNAL_HEADERS: readonly string[] = [
    ...Object.values(TOKEN_HEADERS),
    ...CALLER_PATH_HEADERS,
    PROBE_HEADER,
    "baggage",
    "x-forwarded-client-cert",
    "x-envoy-external-address",
    "x-envoy-internal",
    "x-envoy-decorator-operation",
    "x-envoy-attempt-count",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-peer-metadata",
    "x-envoy-peer-metadata-id",
];

/**
 * Headers with which a caller could change a proxy's retries and timeouts. Here requests are not retried, and the
 * group's timeout applies.
 */
const CONTROL_HEADERS = [
    "x-envoy-retry-on",
    "x-envoy-retry-grpc-on",
    "x-envoy-max-retries",
    "x-envoy-retriable-status-codes",
    "x-envoy-retriable-header-names",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-alt-stat-name",
];

/** All addresses: every client with the mesh's mutual TLS is internal. */
const ALL_ADDRESSES = [
    { address_prefix: "0.0.0.0", prefix_len: 0 },
    { address_prefix: "::", prefix_len: 0 },
];

/**
 * Header rules of the egress gateway that only Envoy's configuration can express.
 *
 * Callers count as internal: for external ones a gateway generates a new request ID, and so makes a new sampling
 * decision. The tenant's header is removed, and stored in metadata for the access log and spans: they are written at
 * the end of the request and would not see removed headers.
 */
export function requestHeaders(): EnvoyFilterManifest {
    return envoyFilter({
        name: "request-headers",
        namespace: NAMESPACES.egress,
        workload: EGRESS_GATEWAY,
        patches: [
            onConnectionManager("GATEWAY", { internal_address_config: { cidr_ranges: ALL_ADDRESSES } }),
            firstPatch("header_mutation", "filters.http.header_mutation.v3.HeaderMutation", {
                mutations: { request_mutations: CONTROL_HEADERS.map((remove) => ({ remove })) },
            }),
            firstPatch("header_to_metadata", "filters.http.header_to_metadata.v3.Config", {
                request_rules: [
                    {
                        header: TOKEN_HEADERS.tenant,
                        on_header_present: {
                            metadata_namespace: EGRESS_TENANT.namespace,
                            key: EGRESS_TENANT.key,
                            type: "STRING",
                        },
                        remove: true,
                    },
                ],
            }),
        ],
    });
}

/** Before all other filters, so that the log of a denied request has its tenant too. */
function firstPatch(name: string, type: string, value: Record<string, unknown>): EnvoyPatch {
    return {
        applyTo: "HTTP_FILTER",
        match: {
            context: "GATEWAY",
            listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } },
        },
        patch: {
            operation: "INSERT_FIRST",
            value: { name: `envoy.filters.http.${name}`, typed_config: typed(type, value) },
        },
    };
}
