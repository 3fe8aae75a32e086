/** Openings that look like a legitimate case: each is a case with one more change. */
import { type Legitimate } from "./model";

export interface NearMiss {
    /** The case that it resembles. */
    readonly like: string;
    readonly what: string;
    readonly policy: string;
    /** Edits after the case's, of objects of the base or the case. */
    readonly edit: NonNullable<Legitimate["edit"]>;
}

export const NEAR_MISSES: readonly NearMiss[] = [
    {
        like: "L01",
        what: "a named port for everyone",
        policy: "network-least-privilege",
        edit: [["shop/NetworkPolicy/carts", "spec.ingress.0.from", []]],
    },
    {
        like: "L02",
        what: "a range of all ports",
        policy: "network-least-privilege",
        edit: [["shop/NetworkPolicy/rtp", "spec.ingress.0.ports.0", { port: 1, endPort: 65535 }]],
    },
    {
        like: "L03",
        what: "a default deny that opens all ports of the DNS pods",
        policy: "network-least-privilege",
        edit: [["shop/NetworkPolicy/default", "spec.egress.0.ports", []]],
    },
    {
        like: "L03",
        what: "a default deny that opens a service to every pod",
        policy: "network-deny-all",
        edit: [
            [
                "shop/NetworkPolicy/default",
                "spec.ingress",
                [{ from: [{ podSelector: { matchLabels: { app: "x" } } }], ports: [{ port: 8080 }] }],
            ],
        ],
    },
    {
        like: "L04",
        what: "a second route for the same path",
        policy: "delivery-no-route-conflicts",
        edit: [["shop/VirtualService/api-carts", "spec.http.0.match", [{ uri: { prefix: "/v1/" } }]]],
    },
    {
        like: "L05",
        what: "a load balancer that routes to a service",
        policy: "gateways-only-ingress",
        edit: [
            [
                "edge/Ingress/alb",
                "spec.defaultBackend",
                { service: { name: "carts", port: { number: 8080 } } },
            ],
        ],
    },
    {
        like: "L05",
        what: "a load balancer that takes plain HTTP",
        policy: "gateways-tls",
        edit: [
            [
                "edge/Ingress/alb",
                "metadata.annotations",
                { "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP":80},{"HTTPS":443}]' },
            ],
        ],
    },
    {
        like: "L06",
        what: "an authorizer that fails open",
        policy: "access-exposed-hosts",
        edit: [
            [
                "istio-system/Release/istiod",
                "values.meshConfig.extensionProviders.0.envoyExtAuthzHttp.failOpen",
                true,
            ],
        ],
    },
    {
        like: "L06",
        what: "an authorizer for one path",
        policy: "access-exposed-hosts",
        edit: [["edge/AuthorizationPolicy/staff-session", "spec.rules.0.to.0.operation.paths", ["/app/a"]]],
    },
    {
        like: "L06",
        what: "an authorizer in dry run",
        policy: "access-exposed-hosts",
        edit: [
            [
                "edge/AuthorizationPolicy/staff-session",
                "metadata.annotations",
                { "istio.io/dry-run": "true" },
            ],
        ],
    },
    {
        like: "L07",
        what: "an optional client certificate",
        policy: "access-exposed-hosts",
        edit: [["edge/Gateway/partners", "spec.servers.0.tls.mode", "OPTIONAL_MUTUAL"]],
    },
    {
        like: "L08",
        what: "no audience for an issuer of many applications",
        policy: "access-tokens",
        edit: [
            ["edge/RequestAuthentication/tokens", "spec.jwtRules.0.issuer", "https://accounts.example.com"],
        ],
    },
    {
        like: "L09",
        what: "the mesh exports to all namespaces by default",
        policy: "egress-export-to",
        edit: [["istio-system/Release/istiod", "values.meshConfig.defaultDestinationRuleExportTo", ["*"]]],
    },
    {
        like: "L12",
        what: "no limit of memory at the pod",
        policy: "workloads-resources",
        edit: [["shop/Deployment/podres", "spec.template.spec.resources.limits", {}]],
    },
    {
        like: "L13",
        what: "a headless Service of other pods",
        policy: "resilience-circuit-breaker",
        edit: [["shop/Service/carts-headless", "spec.selector", { app: "carts", tier: "x" }]],
    },
    {
        like: "L14",
        what: "a DENY without ports where one port speaks TCP",
        policy: "access-deny-ports",
        edit: [["shop/Service/carts", "spec.ports.1", { name: "tcp-replica", port: 9000 }]],
    },
    {
        like: "L15",
        what: "port 80 redirected to a port without TLS",
        policy: "egress-external-tls",
        edit: [["shop/DestinationRule/cnn", "spec.trafficPolicy.portLevelSettings.0.port.number", 8443]],
    },
    {
        like: "L16",
        what: "a wildcard of another domain",
        policy: "egress-external-tls",
        edit: [["shop/DestinationRule/cnn", "spec.host", "*.bbc.com"]],
    },
    {
        like: "L17",
        what: "a custom SNI and no subjectAltNames",
        policy: "identity-client-tls",
        edit: [["shop/DestinationRule/stripe", "spec.trafficPolicy.tls.sni", "stripe.example.net"]],
    },
    {
        like: "L17",
        what: "TCP, for which Envoy verifies no name",
        policy: "identity-client-tls",
        edit: [["shop/ServiceEntry/stripe", "spec.ports.0.protocol", "TCP"]],
    },
    {
        like: "L18",
        what: "an unlisted wildcard",
        policy: "gateways-hosts",
        edit: [["edge/Gateway/public", "spec.servers.1.hosts", ["shop/*.example.com"]]],
    },
    {
        like: "L20",
        what: "a route in plain HTTP",
        policy: "gateways-tls",
        edit: [["edge/HTTPRoute/redirect", "spec.rules.1", { backendRefs: [{ name: "web", port: 8080 }] }]],
    },
    {
        like: "L23",
        what: "the node's logs, writable",
        policy: "workloads-non-root",
        edit: [
            ["shop/DaemonSet/fluent-bit", "spec.template.spec.containers.0.volumeMounts.0.readOnly", false],
        ],
    },
    {
        like: "L26",
        what: "a second host without a token",
        policy: "access-exposed-hosts",
        edit: [
            [
                "edge/AuthorizationPolicy/www",
                "spec.rules.0.to.0.operation.hosts",
                ["www.shop.example.com", "api.shop.example.com"],
            ],
        ],
    },
    {
        like: "L27",
        what: "every host of every namespace",
        policy: "egress-sidecar-scope",
        edit: [["shop/Sidecar/default", "spec.egress.0.hosts", ["*/*"]]],
    },
    {
        like: "L28",
        what: "a Rollout with a pod template, without a service account",
        policy: "injection-dedicated-service-account",
        edit: [
            [
                "shop/Rollout/carts",
                "spec.template",
                { metadata: { labels: { app: "carts" } }, spec: { containers: [] } },
            ],
        ],
    },
    {
        like: "L34",
        what: "a ClusterRole that can bind cluster-admin",
        policy: "workloads-rbac",
        edit: [["ClusterRole/shop-binder", "rules.0.resourceNames", ["shop-reader", "cluster-admin"]]],
    },
    {
        like: "L40",
        what: "every path in addition to the health check",
        policy: "access-exposed-hosts",
        edit: [
            ["edge/AuthorizationPolicy/health", "spec.rules.0.to.0.operation.paths", ["/healthz", "/v1/*"]],
        ],
    },
];
