import { CONNECTION_MANAGER, envoyFilter, onConnectionManager, typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { EGRESS_GATEWAY, EGRESS_TENANT, NAMESPACES, TOKEN_HEADERS } from "../base/names";

/**
 * What the gateway does with the headers of a request that its callers' sidecars have sent, and that only Envoy can be told.
 *
 * The id stays: a gateway makes a new one, as of a client outside, and with it decides anew whether the request is traced.
 * The tenant's header goes, and is kept where the gateway's log and spans still find it: they are written when all is over,
 * and would find no more than what went out.
 */
export function requestHeaders(): EnvoyFilterManifest {
    return envoyFilter({
        name: "request-headers",
        namespace: NAMESPACES.egress,
        workload: EGRESS_GATEWAY,
        patches: [
            onConnectionManager("GATEWAY", { preserve_external_request_id: true }),
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
