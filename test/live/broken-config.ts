/** Objects that Istio takes and the mesh cannot work with. */

/** A filter that no proxy can have. */
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
                            inline_code: "this is no Lua",
                        },
                    },
                },
            },
        ],
    },
};

/** Keys from where nobody answers. */
export const KEYLESS = {
    apiVersion: "security.istio.io/v1",
    kind: "RequestAuthentication",
    metadata: { name: "keyless", namespace: "sparc" },
    spec: {
        selector: { matchLabels: { "sparc.dev/service": "reports" } },
        jwtRules: [{ issuer: "https://nobody.example.com", jwksUri: "https://nobody.example.com/keys" }],
    },
};
