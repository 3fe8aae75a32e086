import {
    CONNECTION_MANAGER,
    type EnvoyPatch,
    envoyFilter,
    onConnectionManager,
    typed,
} from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { EGRESS_GATEWAY, EGRESS_TENANT, NAMESPACES, PROBE_HEADER, TOKEN_HEADERS } from "../base/names";

/**
 * By which way a request came to its caller. The caller's sidecar takes it away already: a request that has come some way
 * Envoy takes for one from outside.
 */
export const CALLERS_PATH: readonly string[] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "x-forwarded-host",
    "x-forwarded-port",
];

/**
 * What a request has gathered inside, and nobody outside is to read: who is logged in and for which tenant, which workload
 * asks and from which address, what its libraries tell each other, and what proxies do. The ids of the trace and of the
 * request go with it, so that a party can be asked about a request by them. `authorization` and cookies are what the caller
 * says to the party itself.
 */
export const INSIDE_ONLY: readonly string[] = [
    ...Object.values(TOKEN_HEADERS),
    ...CALLERS_PATH,
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

/** By which whoever is inside may tell a proxy how to ask. Here nobody is asked twice, or for longer than the group says. */
const CONTROLS = [
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

/** Every address: whoever speaks the mesh's mutual TLS is inside. */
const ANYWHERE = [
    { address_prefix: "0.0.0.0", prefix_len: 0 },
    { address_prefix: "::", prefix_len: 0 },
];

/**
 * What the gateway does with the headers of a request that its callers' sidecars have sent, and that only Envoy can be told.
 *
 * The caller counts as one inside: to one outside a gateway gives a new id, and with it decides anew whether the request is
 * traced. The tenant's header goes, and is kept where the gateway's log and spans still find it: they are written when all is over,
 * and would find no more than what went out.
 */
export function requestHeaders(): EnvoyFilterManifest {
    return envoyFilter({
        name: "request-headers",
        namespace: NAMESPACES.egress,
        workload: EGRESS_GATEWAY,
        patches: [
            onConnectionManager("GATEWAY", { internal_address_config: { cidr_ranges: ANYWHERE } }),
            first("header_mutation", "filters.http.header_mutation.v3.HeaderMutation", {
                mutations: { request_mutations: CONTROLS.map((remove) => ({ remove })) },
            }),
            first("header_to_metadata", "filters.http.header_to_metadata.v3.Config", {
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

/** A filter before all others, so that what a policy refuses has a tenant in the log too. */
function first(name: string, type: string, value: Record<string, unknown>): EnvoyPatch {
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
