import { servicesOf } from "../../catalogue/query";
import type { EnvoyFilterManifest } from "../base/manifest";
import { TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";
import { typed } from "../base/envoy-filter";
import { PRIORITY, connectionManager, envoyFilter } from "./envoy";

/** By which a client would say that its request is traced, or that it is not; Envoy keeps to each of them. */
const TRACE_HEADERS = [
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-client-trace-id",
    "x-envoy-force-trace",
];

/**
 * Takes from every request the headers in which services read what a token says, before any filter runs. Where a token is
 * checked they are then set from it; where none is, a service sees none. With them go the headers by which replicas are
 * chosen, since a client that could set one would pick its replica, and all of them the same; and those that decide
 * whether it is traced: a client that could set one would have all of its requests kept, or none.
 */
export function clientHeaders({ catalogue }: Platform): EnvoyFilterManifest {
    const chosenBy = servicesOf(catalogue).flatMap(([, { loadBalancing }]) =>
        loadBalancing?.policy === "consistent-hash" ? [loadBalancing.header] : [],
    );
    const removed = [...new Set([...Object.values(TOKEN_HEADERS), ...chosenBy, ...TRACE_HEADERS])];
    return envoyFilter("client-headers", "all", PRIORITY.headers, [
        connectionManager({
            early_header_mutation_extensions: [
                {
                    name: "envoy.http.early_header_mutation.header_mutation",
                    typed_config: typed("http.early_header_mutation.header_mutation.v3.HeaderMutation", {
                        mutations: removed.map((remove) => ({ remove })),
                    }),
                },
            ],
            // Many frameworks take x_tenant for x-tenant.
            common_http_protocol_options: { headers_with_underscores_action: "REJECT_REQUEST" },
        }),
    ]);
}
