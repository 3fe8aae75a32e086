/** What must become of what `plant` registers in Consul, written by hand. */
import type { Outcome } from "../../cli/inventory/model";

/** What becomes of a field of an object. */
export interface Fact {
    readonly kind: string;
    readonly object: string;
    /** The path of one field that the item must account for. */
    readonly field: string;
    readonly outcome: Outcome;
    /** What the item must state. */
    readonly states: RegExp;
}

function fact(kind: string, object: string, field: string, outcome: Outcome, states: RegExp): Fact {
    return { kind, object, field, outcome, states };
}

export const FACTS: readonly Fact[] = [
    fact("service", "users", "Name", "translated", /services\.users/),
    fact("service", "users", "Tags[0]", "by-hand", /blue\.users\.service\.consul/),
    fact("service", "Legacy_App", "Name", "difference", /Legacy_App: callers must use the new one/),
    fact("service", "worker", "Name", "difference", /nothing can call it/),
    fact("service", "exporter", "Name", "by-hand", /8081, which is reserved/),
    fact("service", "cache", "Name", "difference", /knows no protocol/),
    fact("service", "payments-api", "Name", "translated", /external\.payments-api/),
    fact("service", "mainframe", "Name", "by-hand", /10\.9\.9\.9/),
    fact("service", "web-sidecar-proxy", "Name", "not-needed", /Istio injects/),
    fact("service", "consul", "Name", "not-needed", /Consul's servers/),
    fact("instance", "vm-1/users-1", "Port", "translated", /minReplicas/),
    fact("instance", "vm-3/users-3", "ID", "not-needed", /critical/),
    fact("instance", "vm-1/users-1", "Meta.version", "by-hand", /label version/),
    fact("instance", "vm-1/users-1", "Meta.team", "by-hand", /clients that read team/),
    fact("instance", "vm-2/legacy-2", "Port", "difference", /9001, the draft has 9000/),
    fact("instance", "vm-1/cache-1", "Weights.Passing", "by-hand", /equally/),
    fact("instance", "vm-1/cache-1", "TaggedAddresses.wan.Address", "by-hand", /another address under wan/),
    fact("instance", "vm-1/native-1", "Connect.Native", "by-hand", /Connect native/),
    fact(
        "instance",
        "vm-1/web-proxy",
        "Proxy.Upstreams[0].DestinationName",
        "difference",
        /127\.0\.0\.1:9191: make it call users/,
    ),
    fact("instance", "vm-1/web-proxy", "Proxy.Upstreams[1].Datacenter", "by-hand", /another datacenter/),
    fact("instance", "vm-1/web-proxy", "Proxy.Upstreams[2].DestinationName", "by-hand", /denies this call/),
    fact(
        "instance",
        "vm-1/web-proxy",
        "Proxy.Config.envoy_extra_static_clusters_json",
        "by-hand",
        /Consul's Envoy/,
    ),
    fact("service-defaults", "users", "Protocol", "translated", /http is http/),
    fact("service-defaults", "users", "MaxInboundConnections", "difference", /concurrency/),
    fact("service-defaults", "users", "Expose.Paths[0].Path", "by-hand", /mutual TLS/),
    fact(
        "service-defaults",
        "web",
        "UpstreamConfig.Overrides[0].Limits.MaxConnections",
        "by-hand",
        /concurrency/,
    ),
    fact(
        "service-defaults",
        "web",
        "UpstreamConfig.Overrides[0].PassiveHealthCheck.MaxFailures",
        "difference",
        /ejects/,
    ),
    fact("service-defaults", "reporting", "Destination.Addresses[0]", "translated", /external\.reporting/),
    fact("proxy-defaults", "global", "Config.envoy_prometheus_bind_addr", "not-needed", /telemetry/),
    fact(
        "service-router",
        "users",
        "Routes[0].Destination.RequestTimeout",
        "translated",
        /timeout of services\.web/,
    ),
    fact("service-router", "users", "Routes[0].Destination.NumRetries", "by-hand", /idempotent/),
    fact("service-router", "users", "Routes[0].Destination.RetryOn[0]", "by-hand", /retryOn/),
    fact("service-router", "users", "Routes[1].Match.HTTP.PathRegex", "by-hand", /method and path only/),
    fact("service-router", "users", "Routes[2].Destination.PrefixRewrite", "by-hand", /no rewrites/),
    fact("service-splitter", "web", "Splits[1].Weight", "by-hand", /0\.5 of v2.*whole numbers/),
    fact("service-resolver", "users", "RequestTimeout", "translated", /calls of web to users/),
    fact("service-resolver", "users", "ConnectTimeout", "difference", /1 s/),
    fact("service-resolver", "users", "LoadBalancer.Policy", "translated", /services\.users\.loadBalancing/),
    fact(
        "service-resolver",
        "web",
        "Subsets.v1.Filter",
        "by-hand",
        /traffic\.services\.web\.versions: its pods/,
    ),
    fact("service-resolver", "old-users", "Redirect.Service", "by-hand", /reach users/),
    fact("service-resolver", "cache", 'Failover["*"].Datacenters[0]', "by-hand", /no failover/),
    fact("service-intentions", "users", "Sources[0].Name", "translated", /services\.web\.calls → users/),
    fact(
        "service-intentions",
        "users",
        "Sources[0].Permissions[2].HTTP.Header[0].Name",
        "by-hand",
        /condition/,
    ),
    fact("service-intentions", "users", "Sources[1].Action", "not-needed", /denies every call/),
    fact("service-intentions", "cache", "Sources[0].Name", "by-hand", /no wildcards/),
    fact("service-intentions", "*", "Sources[0].Name", "translated", /does not list/),
    fact(
        "service-intentions",
        "billing",
        "Sources[0].Permissions[0].HTTP.PathExact",
        "translated",
        /services\.web\.calls → billing/,
    ),
    fact("service-intentions", "billing", "Sources[1].Name", "by-hand", /ghost is not registered/),
    fact("ingress-gateway", "edge", "Listeners[0].Services[0].Name", "by-hand", /shop\.example\.com/),
    fact("terminating-gateway", "egress", "Services[0].Name", "translated", /external\.payments-api/),
    fact("terminating-gateway", "egress", "Services[1].CertFile", "by-hand", /client certificates/),
    fact("mesh", "mesh", "TLS.Incoming.TLSMinVersion", "difference", /TLS versions/),
    fact("exported-services", "default", "Services[0].Name", "by-hand", /users for partner/),
    fact("peering", "partner", "State", "by-hand", /no peers/),
    fact("prepared-query", "near-users", "Service.Failover.NearestN", "by-hand", /failover/),
    fact(
        "prepared-query",
        "near-users",
        "Service.Service",
        "by-hand",
        /near-users\.query\.consul: make them call users/,
    ),
    fact("kv", "config/app", "Key", "by-hand", /ConfigMap/),
    fact("kv", "locks/leader", "Session", "by-hand", /held now/),
    fact("session", "*", "Node", "by-hand", /Leases/),
    fact("node", "vm-1", "Node", "not-needed", /Kubernetes/),
    fact("check", "vm-1/users-http", "Type", "by-hand", /httpGet/),
    fact("check", "vm-1/cache-tcp", "Type", "by-hand", /tcpSocket/),
    fact("check", "vm-1/billing-grpc", "Type", "by-hand", /readinessProbe\.grpc/),
    fact("check", "vm-1/web-ttl", "Type", "by-hand", /reports its health to Consul.*It is warning now/),
    fact("check", "vm-2/disk", "CheckID", "by-hand", /check of a node/),
    fact("check", "server-dc1/serfHealth", "CheckID", "not-needed", /Kubernetes watches nodes/),
];

/** What the draft must be: what is planted, as far as the catalogue can express it, written by hand. */
export const EXPECTED_CATALOGUE = {
    services: {
        billing: {
            port: {
                protocol: "grpc",
                number: 9090,
                service: "acme.billing.v1.Billing",
                methods: ["Charge", "grpc.health.v1.Health/Check"],
            },
            calls: [],
        },
        cache: { port: { protocol: "tcp", number: 6379, application: "unknown" }, calls: [] },
        "legacy-app": { port: { protocol: "tcp", number: 9000, application: "unknown" }, calls: [] },
        native: { port: { protocol: "tcp", number: 8300, application: "unknown" }, calls: [] },
        users: {
            port: { protocol: "http", number: 8080, requests: ["GET /v1/users/{**}", "POST /v1/report"] },
            calls: [],
        },
        worker: { port: undefined, calls: [] },
        web: {
            port: {
                protocol: "http",
                number: 8000,
                requests: [
                    "DELETE /{**}",
                    "GET /{**}",
                    "OPTIONS /{**}",
                    "PATCH /{**}",
                    "POST /{**}",
                    "PUT /{**}",
                ],
            },
            calls: [
                {
                    to: "users",
                    port: "http",
                    requests: ["GET /v1/users/{**}"],
                    timeout: "5s",
                    idempotent: false,
                },
                {
                    to: "users",
                    port: "http",
                    requests: ["POST /v1/report"],
                    timeout: "30s",
                    idempotent: false,
                },
                {
                    to: "billing",
                    port: "grpc",
                    methods: ["Charge", "grpc.health.v1.Health/Check"],
                    timeout: "15s",
                    idempotent: false,
                },
            ],
        },
    },
    external: {
        "payments-api": [{ host: "api.pay.example.com", port: 443, protocol: "https", tls: "originate" }],
        reporting: [{ host: "reports.example.com", port: 443, protocol: "https" }],
    },
} as const;
