import { CONNECTION_MANAGER, envoyFilter, onConnectionManager, typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { EGRESS_GATEWAY, EGRESS_TENANT, NAMESPACES, TOKEN_HEADERS } from "../base/names";

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
            {
                applyTo: "HTTP_FILTER",
                match: {
                    context: "GATEWAY",
                    listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } },
                },
                patch: {
                    operation: "INSERT_FIRST",
                    value: {
                        name: "envoy.filters.http.header_to_metadata",
                        typed_config: typed("filters.http.header_to_metadata.v3.Config", {
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
                    },
                },
            },
        ],
    });
}
