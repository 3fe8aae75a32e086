/** Manual changes to what the mesh trusts: a client's path and address, a caller's tenant. */
import { type Breakage, wire } from "./breakages";

export const BREAKAGES_OF_TRUST: readonly Breakage[] = [
    {
        object: "EnvoyFilter istio-ingress/canonical-paths",
        how: "deleted",
        shows: (difference) => difference.expected.kind === "path-rejected",
    },
    {
        object: "EnvoyFilter istio-ingress/public-cors",
        how: "PROXY protocol headers accepted",
        patch: [
            {
                op: "add",
                path: "/spec/configPatches/-",
                value: {
                    applyTo: "LISTENER_FILTER",
                    match: { context: "GATEWAY" },
                    patch: {
                        operation: "INSERT_FIRST",
                        value: {
                            name: "envoy.filters.listener.proxy_protocol",
                            typed_config: {
                                "@type":
                                    "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
                                allow_requests_without_proxy_protocol: true,
                            },
                        },
                    },
                },
            },
        ],
        shows: (difference) =>
            difference.gateway === "istio-ingressgateway" &&
            difference.expected.kind === "handshake-rejected",
    },
    {
        object: "EnvoyFilter sparc/settings-tenant-context",
        how: "deleted",
        shows: wire("identity", { destination: "settings" }),
    },
    {
        object: "EnvoyFilter sparc/api-gateway-tenant-context",
        how: "the tenant of paths not checked",
        patch: [{ op: "remove", path: "/spec/configPatches/4" }],
        shows: wire("identity", { source: "(istio-ingressgateway)", destination: "api-gateway" }),
    },
    {
        object: "RequestAuthentication sparc/users",
        how: "deleted",
        shows: wire("identity", { source: "api-gateway", destination: "users" }),
    },
    {
        object: "Sidecar sparc/settings",
        how: "anything let out",
        patch: [{ op: "add", path: "/spec/outboundTrafficPolicy", value: { mode: "ALLOW_ANY" } }],
        shows: (difference) =>
            difference.source === "settings" && ["authorization", "egress"].includes(difference.layer),
    },
];
