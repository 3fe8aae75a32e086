/** Objects that Istio accepts, but that break the mesh. */

/** A filter that every proxy rejects. */
export const BROKEN_FILTER = {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: "broken", namespace: "sparc" },
    spec: {
        workloadSelector: { labels: { "sparc.dev/service": "reports" } },
        configPatches: [
            {
                applyTo: "HTTP_FILTER",
                match: {
                    context: "SIDECAR_INBOUND",
                    listener: {
                        filterChain: { filter: { name: "envoy.filters.network.http_connection_manager" } },
                    },
                },
                patch: {
                    operation: "INSERT_BEFORE",
                    value: {
                        name: "broken",
                        typed_config: {
                            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                            inline_code: "this is not Lua",
                        },
                    },
                },
            },
        ],
    },
};

/** A JWKS URI without a server. */
export const KEYLESS = {
    apiVersion: "security.istio.io/v1",
    kind: "RequestAuthentication",
    metadata: { name: "keyless", namespace: "sparc" },
    spec: {
        selector: { matchLabels: { "sparc.dev/service": "reports" } },
        jwtRules: [
            { issuer: "https://unreachable.example.com", jwksUri: "https://unreachable.example.com/keys" },
        ],
    },
};
