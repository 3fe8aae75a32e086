/** Input for `promtool test rules`: for each alert, series of a cause that starts and ends, and when it must fire. In minutes. */

export interface Case {
    readonly alert: string;
    /** In promtool's notation, one value per minute. */
    readonly series: Readonly<Record<string, string>>;
    /** Minute → labels of the alerts that fire, in addition to the rule's labels; an empty list if none fires. */
    readonly fires: Readonly<Record<number, readonly Readonly<Record<string, string>>[]>>;
}

const call = (service: string, labels: string): string =>
    `istio_requests_total{reporter="source",destination_service_namespace="sparc",destination_service_name="${service}",${labels}}`;

/** 600 calls per minute. */
const BUSY = "0+600x120";

const bucket = (service: string, le: string): string =>
    `istio_request_duration_milliseconds_bucket{reporter="destination",destination_service_namespace="sparc",destination_service_name="${service}",le="${le}"}`;

export const CASES: readonly Case[] = [
    {
        alert: "MeshHighErrorRate",
        series: {
            [call("auth", 'response_code="200"')]: BUSY,
            // 2 % errors for 20 minutes, then none.
            [call("auth-rollout-primary", 'response_code="503"')]: "0x10 0+12x20 240x90",
            // The same rate in a service that is not critical, and a low rate in a critical one.
            [call("search", 'response_code="200"')]: BUSY,
            [call("search", 'response_code="503"')]: "0x10 0+12x20 240x90",
            [call("alerts", 'response_code="200"')]: BUSY,
            [call("alerts", 'response_code="503"')]: "0x10 0+3x20 60x90",
            // Only the load tester calls this new version, which serves no users yet.
            [call("devices", 'response_code="200"')]: BUSY,
            [call("devices-rollout-canary", 'response_code="503",source_workload="loadtester"')]:
                "0x10 0+60x20 1200x90",
            // Client errors do not count; a gRPC error status counts, in an HTTP 200 response.
            [call("users", 'response_code="200"')]: BUSY,
            [call("users", 'response_code="404"')]: BUSY,
            [call("tenants", 'response_code="200",grpc_response_status="0"')]: BUSY,
            [call("tenants", 'response_code="200",grpc_response_status="14"')]: "0x10 0+12x20 240x90",
        },
        fires: { 9: [], 11: [], 20: [{ service: "auth" }, { service: "tenants" }], 40: [] },
    },
    {
        alert: "MeshHighLatency",
        series: {
            [call("auth", 'response_code="200"')]: BUSY,
            [bucket("auth", "100")]: "0+600x20 12000+580x20 23600+600x80",
            [bucket("auth", "1000")]: "0+600x120",
            [bucket("auth", "+Inf")]: "0+600x120",
            // As slow, but with a latency threshold of 1 s.
            [call("analytics", 'response_code="200"')]: BUSY,
            [bucket("analytics", "100")]: "0+600x20 12000+580x20 23600+600x80",
            [bucket("analytics", "1000")]: "0+600x120",
            [bucket("analytics", "+Inf")]: "0+600x120",
        },
        fires: { 15: [], 35: [{ service: "auth" }], 60: [] },
    },
    {
        alert: "MeshErrorBudgetBurn",
        series: {
            [call("auth", 'response_code="200"')]: "0+600x600",
            // 3 % errors for 45 minutes: burn rate 30 of an SLO of 99.9 %.
            [call("auth", 'response_code="500"')]: "0x90 0+18x45 810x500",
            // A third of the error budget of 99.5 %.
            [call("search", 'response_code="200"')]: "0+600x600",
            [call("search", 'response_code="500"')]: "0x90 0+1x45 45x500",
        },
        fires: {
            85: [],
            134: ["1h", "6h", "3d"].map((window) => ({ service: "auth", window, objective: "99.9" })),
            // The incident is over, and a part of the month's error budget is spent.
            200: [{ service: "auth", window: "3d", objective: "99.9" }],
            520: [],
        },
    },
    {
        alert: "MeshCircuitBreakerOpen",
        series: {
            'envoy_cluster_circuit_breakers_default_rq_open{service="auth",pod="auth-1",cluster_name="a"}':
                "0x10 1x5 0x60",
            // A proxy reports all of these for each cluster.
            'envoy_cluster_circuit_breakers_default_cx_open{service="auth",pod="auth-1",cluster_name="a"}':
                "0x80",
            'envoy_cluster_circuit_breakers_default_rq_open{service="users",pod="users-1",cluster_name="a"}':
                "0x80",
        },
        fires: { 9: [], 14: [{ service: "auth", cluster_name: "a" }], 20: [] },
    },
    {
        alert: "MeshCircuitBreakerOverflow",
        series: {
            'envoy_cluster_upstream_rq_pending_overflow{service="auth",pod="auth-1",cluster_name="a"}':
                "0x10 50x60",
            'envoy_cluster_upstream_rq_active_overflow{service="auth",pod="auth-1",cluster_name="b"}':
                "0x10 0+3x5 15x60",
            'envoy_cluster_upstream_cx_overflow{service="auth",pod="auth-1",cluster_name="a"}': "0x80",
            'envoy_cluster_upstream_cx_overflow{service="users",pod="users-1",cluster_name="a"}': "7x80",
        },
        fires: {
            9: [],
            12: ["a", "b"].map((cluster_name) => ({ service: "auth", cluster_name })),
            22: [],
        },
    },
    {
        alert: "MeshWorkloadCertificateExpiring",
        series: {
            'istio_agent_cert_expiry_seconds{namespace="sparc",pod="auth-1"}': "21600-60x30 86400x60",
            'istio_agent_cert_expiry_seconds{namespace="sparc",pod="users-1"}': "43200-60x90",
        },
        fires: { 2: [], 20: [{ namespace: "sparc", pod: "auth-1" }], 40: [] },
    },
    {
        alert: "MeshGatewayCertificateExpiring",
        series: {
            // promtool's clock starts at 0.
            'envoy_listener_ssl_certificate_kubernetes___c_expiration_unix_time_seconds{namespace="istio-ingress",service="istio-ingressgateway",pod="p"}':
                "2592000x90 7776000x60",
            // Its certificate is valid for a day, like a service's.
            'envoy_listener_ssl_certificate_default_expiration_unix_time_seconds{namespace="istio-egress",service="istio-egressgateway",pod="e"}':
                "86400x150",
            'envoy_listener_ssl_certificate_c_expiration_unix_time_seconds{namespace="sparc",service="auth",pod="a"}':
                "3600x150",
        },
        fires: {
            30: [],
            80: [{ namespace: "istio-ingress", service: "istio-ingressgateway" }],
            100: [],
        },
    },
    {
        alert: "MeshCaCertificateExpiring",
        series: { 'citadel_server_root_cert_expiry_seconds{pod="istiod-1"}': "2592100-60x30 315360000x60" },
        fires: { 0: [], 20: [{}], 40: [] },
    },
    {
        alert: "MeshProxyHighCpu",
        series: {
            'container_cpu_usage_seconds_total{namespace="sparc",pod="auth-1",container="istio-proxy"}':
                "0+54x40 2160+6x60",
            'container_spec_cpu_quota{namespace="sparc",pod="auth-1",container="istio-proxy"}': "100000x100",
            'container_spec_cpu_period{namespace="sparc",pod="auth-1",container="istio-proxy"}': "100000x100",
        },
        fires: { 5: [], 30: [{ namespace: "sparc", pod: "auth-1", container: "istio-proxy" }], 60: [] },
    },
    {
        alert: "MeshProxyHighMemory",
        series: {
            'container_memory_working_set_bytes{namespace="sparc",pod="auth-1",container="istio-proxy"}':
                "50x10 90x20 50x60",
            'container_spec_memory_limit_bytes{namespace="sparc",pod="auth-1",container="istio-proxy"}':
                "100x100",
            // Without a limit the alert cannot fire.
            'container_memory_working_set_bytes{namespace="sparc",pod="b",container="istio-proxy"}': "90x100",
            'container_spec_memory_limit_bytes{namespace="sparc",pod="b",container="istio-proxy"}': "0x100",
        },
        fires: { 9: [], 25: [{ namespace: "sparc", pod: "auth-1", container: "istio-proxy" }], 40: [] },
    },
    {
        alert: "MeshJwksUnavailable",
        series: { 'pilot_jwks_resolver_network_fetch_fail_total{pod="istiod-1"}': "0x10 3x60" },
        fires: { 9: [], 12: [{}], 40: [] },
    },
    {
        alert: "MeshConfigRejected",
        series: { 'pilot_total_xds_rejects{pod="istiod-1",type="lds"}': "0x10 1x60" },
        fires: { 9: [], 12: [{ type: "lds" }], 30: [] },
    },
    {
        alert: "MeshConfigPropagationSlow",
        series: {
            'pilot_proxy_convergence_time_bucket{le="10"}': "0+60x20 1200+30x20 1800+60x60",
            'pilot_proxy_convergence_time_bucket{le="20"}': "0+60x100",
            'pilot_proxy_convergence_time_bucket{le="+Inf"}': "0+60x100",
        },
        fires: { 15: [], 35: [{}], 60: [] },
    },
    {
        alert: "MeshControlPlaneDown",
        series: {
            'up{job="istiod",pod="istiod-1"}': "1x10 0x10 1x60",
            'up{job="istiod",pod="istiod-2"}': "1x10 _x10 1x60",
        },
        fires: { 9: [], 18: [{}], 30: [] },
    },
    {
        alert: "MeshMetricsMissing",
        series: {
            'up{job="mesh-proxies",namespace="sparc",pod="a"}': "1x10 0x20 1x60",
            'up{job="mesh-proxies",namespace="sparc",pod="b"}': "1x100",
        },
        fires: { 9: [], 25: [{ namespace: "sparc" }], 40: [] },
    },
    {
        alert: "MeshUnknownHostBlocked",
        series: {
            'istio_requests_total{reporter="source",source_workload="auth",source_workload_namespace="sparc",destination_service_name="BlackHoleCluster"}':
                "0x10 4x60",
            'istio_tcp_connections_closed_total{reporter="source",source_workload="reports",source_workload_namespace="sparc",destination_service_name="BlackHoleCluster"}':
                "_x40 2x60",
            // While `mesh verify` runs, and for ten minutes afterwards.
            'istio_tcp_connections_closed_total{reporter="source",source_workload="video",source_workload_namespace="sparc",destination_service_name="BlackHoleCluster"}':
                "_x72 2+0x10 4x20",
            'container_memory_working_set_bytes{namespace="sparc",pod="probe-service-video",container="probe"}':
                "_x70 1x3",
            'istio_requests_total{probe="true",reporter="source",source_workload="video",source_workload_namespace="sparc",destination_service_name="BlackHoleCluster"}':
                "_x72 2x40",
            'istio_requests_total{reporter="source",source_workload="users",source_workload_namespace="sparc",destination_service_name="audit"}':
                "0+4x60",
        },
        fires: {
            9: [],
            12: [{ source_workload: "auth", source_workload_namespace: "sparc" }],
            30: [],
            42: [{ source_workload: "reports", source_workload_namespace: "sparc" }],
            60: [],
            74: [],
            80: [],
            84: [{ source_workload: "video", source_workload_namespace: "sparc" }],
            95: [],
        },
    },
    {
        alert: "RolloutFailed",
        series: {
            'flagger_canary_status{name="auth",exported_namespace="sparc",namespace="delivery"}':
                "1x10 2x10 1x60",
            'flagger_canary_status{name="video",exported_namespace="sparc",namespace="delivery"}':
                "1x50 2x120",
        },
        fires: { 9: [], 15: [{ name: "auth" }], 30: [], 60: [{ name: "video" }], 130: [] },
    },
    {
        alert: "RolloutStuck",
        series: {
            'flagger_canary_status{name="auth",exported_namespace="sparc",namespace="delivery"}':
                "1x10 0x90 1x60",
            'flagger_canary_status{name="video",exported_namespace="sparc",namespace="delivery"}':
                "1x10 0x20 1x120",
        },
        fires: { 30: [], 90: [{ name: "auth" }], 120: [] },
    },
];
