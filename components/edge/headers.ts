import type { EnvoyFilterManifest } from "../base/manifest";
import { TOKEN_HEADERS } from "../base/names";
import { PRIORITY, connectionManager, envoyFilter, typed } from "./envoy";

/**
 * Takes from every request the headers in which services read what a token says, before any filter runs. Where a token is
 * checked they are then set from it; where none is, a service sees none.
 */
export function clientHeaders(): EnvoyFilterManifest {
    return envoyFilter("client-headers", "all", PRIORITY.headers, [
        connectionManager({
            early_header_mutation_extensions: [
                {
                    name: "envoy.http.early_header_mutation.header_mutation",
                    typed_config: typed("http.early_header_mutation.header_mutation.v3.HeaderMutation", {
                        mutations: Object.values(TOKEN_HEADERS).map((remove) => ({ remove })),
                    }),
                },
            ],
            // Many frameworks take x_tenant for x-tenant.
            common_http_protocol_options: { headers_with_underscores_action: "REJECT_REQUEST" },
        }),
    ]);
}
