/** The scrape jobs, and the series that Prometheus keeps. The same for every source of Prometheus. */
import { SERVICE_LABEL } from "../base/labels";
import { MESHED_NAMESPACES, NAMESPACES } from "../base/names";
import { ISTIOD_PORTS } from "../shared/flows/parties";
import { ISTIO_SERIES, type Relabel } from "./istio-series";

/** A scrape job in Prometheus' configuration. */
export interface ScrapeJob {
    readonly job_name: string;
    readonly metrics_path?: string;
    readonly scheme?: "http" | "https";
    readonly authorization?: { readonly credentials_file: string };
    readonly tls_config?: { readonly insecure_skip_verify: boolean };
    readonly kubernetes_sd_configs: readonly {
        readonly role: "pod" | "node";
        readonly namespaces?: { readonly names: readonly string[] };
    }[];
    readonly relabel_configs: readonly Relabel[];
    readonly metric_relabel_configs?: readonly Relabel[];
    /**
     * The maximum number of series of one target. If a target has more, its scrape fails as a whole and an alert
     * fires.
     */
    readonly sample_limit?: number;
}

/**
 * The endpoint of a proxy's agent with merged metrics of the agent, Envoy and the application, outside mutual TLS.
 */
export const MERGED = { port: 15020, path: "/stats/prometheus" } as const;

/** The series of a proxy that a rule, dashboard or analysis uses. */
const PROXY_SERIES = [
    "istio_requests_total",
    "istio_request_duration_milliseconds_(bucket|sum|count)",
    "istio_tcp_(connections_opened|connections_closed|received_bytes|sent_bytes)_total",
    "istio_agent_cert_expiry_seconds",
    "envoy_cluster_circuit_breakers_default_(cx|rq|rq_pending|rq_retry)_open",
    "envoy_cluster_upstream_(rq_pending|rq_active|cx)_overflow",
    "envoy_cluster_upstream_rq_retry(_success|_overflow)?",
    "envoy_cluster_outlier_detection_ejections_active",
    "envoy_.*rbac.*",
    "envoy_.*jwt_authn.*",
    "envoy_listener_ssl_certificate_.*expiration_unix_time_seconds",
    "envoy_server_(memory_allocated|uptime)",
    "flagger_.*",
    // Of stand-ins and services: the source of business KPIs.
    "(standin|sparc)_.*",
];

const ISTIOD_SERIES = ["pilot_.*", "citadel_.*", "galley_validation_.*", "sidecar_injection_.*"];

/** Usage and limits of containers. */
const CONTAINER_SERIES = [
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "container_spec_(cpu_quota|cpu_period|memory_limit_bytes)",
];

/** Whether Prometheus keeps a series, by its name, from any target. */
export function isKept(series: string): boolean {
    return new RegExp(`^(${[...PROXY_SERIES, ...ISTIOD_SERIES, ...CONTAINER_SERIES].join("|")})$`).test(
        series,
    );
}

export function scrapeJobs(): ScrapeJob[] {
    return [proxies(), istiod(), containers()];
}

function proxies(): ScrapeJob {
    return {
        job_name: "mesh-proxies",
        metrics_path: MERGED.path,
        kubernetes_sd_configs: [{ role: "pod", namespaces: { names: MESHED_NAMESPACES } }],
        relabel_configs: [
            keep("__meta_kubernetes_pod_container_port_name", "http-envoy-prom"),
            keep("__meta_kubernetes_pod_phase", "Running"),
            port(MERGED.port),
            ...podLabels(),
        ],
        metric_relabel_configs: [...ISTIO_SERIES, keep("__name__", PROXY_SERIES.join("|"))],
        sample_limit: 50_000,
    };
}

function istiod(): ScrapeJob {
    return {
        job_name: "istiod",
        kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [NAMESPACES.system] } }],
        relabel_configs: [
            keep("__meta_kubernetes_pod_label_app", "istiod"),
            keep("__meta_kubernetes_pod_container_port_number", String(ISTIOD_PORTS.metrics)),
            port(ISTIOD_PORTS.metrics),
            ...podLabels(),
        ],
        metric_relabel_configs: [keep("__name__", ISTIOD_SERIES.join("|"))],
        sample_limit: 50_000,
    };
}

/**
 * The kubelets' job. It authenticates with the service account's token, and cannot verify their certificates: pods do
 * not have the CA.
 */
function containers(): ScrapeJob {
    return {
        job_name: "containers",
        metrics_path: "/metrics/cadvisor",
        scheme: "https",
        authorization: { credentials_file: "/var/run/secrets/kubernetes.io/serviceaccount/token" },
        tls_config: { insecure_skip_verify: true },
        kubernetes_sd_configs: [{ role: "node" }],
        relabel_configs: [],
        metric_relabel_configs: [
            keep("__name__", CONTAINER_SERIES.join("|")),
            keep("container", "istio-proxy|discovery"),
            { regex: "id|image|name", action: "labeldrop" },
        ],
        sample_limit: 50_000,
    };
}

function podLabels(): Relabel[] {
    return [
        copy("__meta_kubernetes_namespace", "namespace"),
        copy("__meta_kubernetes_pod_name", "pod"),
        copy(`__meta_kubernetes_pod_label_${SERVICE_LABEL.replaceAll(/[^a-zA-Z0-9]/g, "_")}`, "service"),
    ];
}

function copy(from: string, to: string): Relabel {
    return { source_labels: [from], target_label: to };
}

function keep(label: string, regex: string): Relabel {
    return { source_labels: [label], regex, action: "keep" };
}

function port(number: number): Relabel {
    return {
        source_labels: ["__meta_kubernetes_pod_ip"],
        target_label: "__address__",
        replacement: `$1:${number}`,
    };
}
