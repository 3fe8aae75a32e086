import { CONNECTION_MANAGER, envoyFilter, typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { EGRESS_GATEWAY, EGRESS_TENANT, NAMESPACES, TOKEN_HEADERS } from "../base/names";

/**
 * Takes the tenant's header from a request and keeps it where the gateway's log and spans still find it: they are written
 * when all is over, and would find no more than what went out.
 */
export function tenantHeader(): EnvoyFilterManifest {
    return envoyFilter({
        name: "tenant-header",
        namespace: NAMESPACES.egress,
        workload: EGRESS_GATEWAY,
        patches: [
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
