/** Foreign objects that can widen access, although no request of `mesh verify` shows it. */
import type { Breakage } from "./breakages";

/** No pod has this label. */
const NOWHERE = { app: "nowhere" };

export const FOREIGN_OBJECTS: readonly Breakage[] = [
    {
        object: "AuthorizationPolicy sparc/by-hand",
        how: "created for an identity without a prober",
        spec: { action: "ALLOW", rules: [{ from: [{ source: { namespaces: ["elsewhere"] } }] }] },
    },
    {
        object: "NetworkPolicy sparc/by-hand",
        how: "created for an unused port",
        spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ ports: [{ port: 6666 }] }] },
    },
    {
        object: "EnvoyFilter sparc/by-hand",
        how: "created, removes RBAC from pods that do not exist",
        spec: {
            workloadSelector: { labels: NOWHERE },
            configPatches: [
                {
                    applyTo: "HTTP_FILTER",
                    match: {
                        context: "SIDECAR_INBOUND",
                        listener: {
                            filterChain: {
                                filter: {
                                    name: "envoy.filters.network.http_connection_manager",
                                    subFilter: { name: "envoy.filters.http.rbac" },
                                },
                            },
                        },
                    },
                    patch: { operation: "REMOVE" },
                },
            ],
        },
    },
    {
        object: "PeerAuthentication sparc/by-hand",
        how: "created, PERMISSIVE for pods that do not exist",
        spec: { selector: { matchLabels: NOWHERE }, mtls: { mode: "PERMISSIVE" } },
    },
    {
        object: "ServiceEntry sparc/by-hand",
        how: "created for a host that no request names",
        spec: {
            hosts: ["by-hand.example.com"],
            location: "MESH_EXTERNAL",
            resolution: "DNS",
            ports: [{ number: 8443, name: "tls", protocol: "TLS" }],
            exportTo: ["."],
        },
    },
    {
        object: "Sidecar sparc/by-hand",
        how: "created for pods that do not exist",
        spec: { workloadSelector: { labels: NOWHERE }, egress: [{ hosts: ["*/*"] }] },
    },
];
