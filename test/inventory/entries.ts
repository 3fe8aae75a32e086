/** Configuration entries of every kind, for a real Consul. */

/** In an order that Consul accepts: protocols before what depends on them. */
export function entries(): object[] {
    return [
        { Kind: "proxy-defaults", Name: "global", Config: { envoy_prometheus_bind_addr: "0.0.0.0:9102" } },
        {
            Kind: "service-defaults",
            Name: "users",
            Protocol: "http",
            MaxInboundConnections: 250,
            Expose: { Paths: [{ Path: "/metrics", LocalPathPort: 8080, ListenerPort: 21500 }] },
        },
        {
            Kind: "service-defaults",
            Name: "web",
            Protocol: "http",
            UpstreamConfig: {
                Overrides: [
                    { Name: "users", Limits: { MaxConnections: 7 }, PassiveHealthCheck: { MaxFailures: 4 } },
                ],
            },
        },
        { Kind: "service-defaults", Name: "billing", Protocol: "grpc" },
        { Kind: "service-defaults", Name: "payments-api", Protocol: "http" },
        {
            Kind: "service-defaults",
            Name: "reporting",
            Protocol: "tcp",
            Destination: { Addresses: ["reports.example.com"], Port: 443 },
        },
        {
            Kind: "service-resolver",
            Name: "users",
            RequestTimeout: "5s",
            ConnectTimeout: "3s",
            LoadBalancer: {
                Policy: "ring_hash",
                HashPolicies: [{ Field: "header", FieldValue: "X-User-Id" }],
            },
        },
        {
            Kind: "service-resolver",
            Name: "web",
            Subsets: {
                v1: { Filter: "Service.Meta.version == v1" },
                v2: { Filter: "Service.Meta.version == v2" },
            },
        },
        { Kind: "service-defaults", Name: "old-users", Protocol: "http" },
        { Kind: "service-resolver", Name: "old-users", Redirect: { Service: "users" } },
        { Kind: "service-resolver", Name: "cache", Failover: { "*": { Datacenters: ["dc9"] } } },
        {
            Kind: "service-splitter",
            Name: "web",
            Splits: [
                { Weight: 99.5, ServiceSubset: "v1" },
                { Weight: 0.5, ServiceSubset: "v2" },
            ],
        },
        {
            Kind: "service-router",
            Name: "users",
            Routes: [
                {
                    Match: { HTTP: { PathExact: "/v1/report" } },
                    Destination: {
                        RequestTimeout: "30s",
                        NumRetries: 3,
                        RetryOn: ["reset"],
                        RetryOnStatusCodes: [503],
                    },
                },
                { Match: { HTTP: { PathRegex: "/v[12]/.*" } }, Destination: { RequestTimeout: "1s" } },
                { Match: { HTTP: { PathPrefix: "/old/" } }, Destination: { PrefixRewrite: "/v1/" } },
            ],
        },
        {
            Kind: "service-intentions",
            Name: "users",
            Sources: [
                {
                    Name: "web",
                    Permissions: [
                        { Action: "allow", HTTP: { PathPrefix: "/v1/users/", Methods: ["GET"] } },
                        { Action: "allow", HTTP: { PathExact: "/v1/report", Methods: ["POST"] } },
                        {
                            Action: "allow",
                            HTTP: {
                                PathExact: "/v1/admin",
                                Methods: ["POST"],
                                Header: [{ Name: "x-admin", Present: true }],
                            },
                        },
                    ],
                },
                { Name: "Legacy_App", Action: "deny" },
            ],
        },
        { Kind: "service-intentions", Name: "cache", Sources: [{ Name: "*", Action: "allow" }] },
        { Kind: "service-intentions", Name: "native", Sources: [{ Name: "web", Action: "deny" }] },
        {
            Kind: "service-intentions",
            Name: "billing",
            Sources: [
                {
                    Name: "web",
                    Permissions: [
                        { Action: "allow", HTTP: { PathExact: "/acme.billing.v1.Billing/Charge" } },
                        { Action: "allow", HTTP: { PathExact: "/grpc.health.v1.Health/Check" } },
                    ],
                },
                { Name: "ghost", Action: "allow" },
            ],
        },
        { Kind: "service-intentions", Name: "*", Sources: [{ Name: "*", Action: "deny" }] },
        {
            Kind: "ingress-gateway",
            Name: "edge",
            Listeners: [
                { Port: 8443, Protocol: "http", Services: [{ Name: "web", Hosts: ["shop.example.com"] }] },
            ],
        },
        {
            Kind: "terminating-gateway",
            Name: "egress",
            Services: [
                { Name: "payments-api", SNI: "api.pay.example.com" },
                { Name: "mainframe", CAFile: "/ca.pem", CertFile: "/cert.pem", KeyFile: "/key.pem" },
            ],
        },
        { Kind: "mesh", TLS: { Incoming: { TLSMinVersion: "TLSv1_2" } } },
        {
            Kind: "exported-services",
            Name: "default",
            Services: [{ Name: "users", Consumers: [{ Peer: "partner" }] }],
        },
    ];
}
