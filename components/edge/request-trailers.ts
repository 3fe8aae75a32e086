import { beforeRouter, envoyFilter, typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";

/** The filter's name in Envoy's configuration. */
export const REQUEST_TRAILERS = "sparc.request_trailers";

/**
 * Removes all trailers of requests, at every gateway and every sidecar: no filter compares them with the token, and some frameworks
 * add them to the headers. No client needs them: a gRPC request has none (gRPC over HTTP/2, "Requests"), and over HTTP/1.1 Envoy drops
 * them by default (`enable_trailers`). Trailers of responses, in which gRPC returns its status, pass.
 */
export function withoutRequestTrailers(): EnvoyFilterManifest {
    const any = { key_matcher: { safe_regex: { regex: ".*" } } };
    const mutation = typed("filters.http.header_mutation.v3.HeaderMutation", {
        mutations: { request_trailers_mutations: [{ remove_on_match: any }] },
    });
    return envoyFilter({
        name: "request-trailers",
        namespace: NAMESPACES.system,
        patches: (["GATEWAY", "SIDECAR_INBOUND"] as const).map((context) =>
            beforeRouter({ context }, REQUEST_TRAILERS, mutation),
        ),
    });
}
