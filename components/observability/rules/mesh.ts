/**
 * Alerts about the mesh itself: circuit breakers, certificates, proxies, the control plane, blocked egress and
 * rollouts.
 */
import { CANARY_STATUS, STATUS_SERIES } from "../../shared/flagger/metrics";
import { NAMESPACES, PROBER_PREFIX } from "../../base/names";
import { TO_BLACK_HOLE } from "../istio-series";
import { type RuleGroup, alert } from "./model";

const DAY_SECONDS = 86_400;
/** Lead time for a certificate that must be renewed by hand. */
const CERTIFICATE_LEAD_SECONDS = 30 * DAY_SECONDS;
/** A workload certificate is valid for a day and is renewed after half of it. */
const RENEWAL_OVERDUE_SECONDS = DAY_SECONDS / 4;

/**
 * Whether any of several expressions is above 0. A single expression over all metric names would drop the names, and
 * with them the labels that distinguish the results.
 */
function any(expressions: readonly string[]): string {
    return expressions.map((expression) => `(${expression} > 0)`).join(" or ");
}

export const CIRCUIT_BREAKING: RuleGroup = {
    name: "sparc-circuit-breakers",
    rules: [
        alert("MeshCircuitBreakerOpen", "ticket", {
            expr: any(
                ["cx", "rq", "rq_pending"].map(
                    (of) =>
                        `max by (service, cluster_name) (max_over_time(envoy_cluster_circuit_breakers_default_${of}_open[1m]))`,
                ),
            ),
            for: "1m",
            summary:
                "{{ $labels.service }} has as many requests in flight to {{ $labels.cluster_name }} as its circuit breaker allows",
        }),
        alert("MeshCircuitBreakerOverflow", "page", {
            expr: any(
                ["rq_pending", "rq_active", "cx"].map(
                    (of) =>
                        `sum by (service, cluster_name) (increase(envoy_cluster_upstream_${of}_overflow[5m]))`,
                ),
            ),
            summary:
                "The circuit breaker of {{ $labels.service }} rejects requests to {{ $labels.cluster_name }}",
        }),
    ],
};

export const CERTIFICATES: RuleGroup = {
    name: "sparc-certificates",
    rules: [
        alert("MeshWorkloadCertificateExpiring", "page", {
            expr: `min by (namespace, pod) (istio_agent_cert_expiry_seconds) < ${RENEWAL_OVERDUE_SECONDS}`,
            for: "5m",
            summary:
                "The certificate of {{ $labels.namespace }}/{{ $labels.pod }} expires in {{ $value | humanizeDuration }} and was not renewed",
        }),
        alert("MeshGatewayCertificateExpiring", "ticket", {
            // A gateway's listeners also have its identity (default) and the mesh's root, for which there are other
            // alerts.
            expr: `min by (namespace, service) ({__name__=~"envoy_listener_ssl_certificate_.*expiration_unix_time_seconds",__name__!~".*_certificate_(default|ROOTCA)_.*",service=~"istio-.*gateway"}) - time() < ${CERTIFICATE_LEAD_SECONDS}`,
            // cert-manager renews at that time, and needs a moment.
            for: "1h",
            summary: "A certificate of {{ $labels.service }} expires in {{ $value | humanizeDuration }}",
        }),
        alert("MeshCaCertificateExpiring", "page", {
            expr: `min({__name__=~"citadel_server_(root_cert|cert_chain)_expiry_seconds"}) < ${CERTIFICATE_LEAD_SECONDS}`,
            for: "5m",
            summary:
                "The mesh's CA expires in {{ $value | humanizeDuration }}, and every workload identity with it",
        }),
    ],
};

/** Usage of a container as a share of its limit. A container without a limit has no series. */
const CPU =
    "sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total[5m])) / on (namespace, pod, container) " +
    "(max by (namespace, pod, container) (container_spec_cpu_quota) / max by (namespace, pod, container) (container_spec_cpu_period))";
const MEMORY =
    "max by (namespace, pod, container) (container_memory_working_set_bytes) / on (namespace, pod, container) " +
    "(max by (namespace, pod, container) (container_spec_memory_limit_bytes) > 0)";

export const SATURATION: RuleGroup = {
    name: "sparc-saturation",
    rules: [
        alert("MeshProxyHighCpu", "ticket", {
            expr: `${CPU} > 0.8`,
            for: "10m",
            summary:
                "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its CPU limit",
        }),
        alert("MeshProxyHighMemory", "ticket", {
            expr: `${MEMORY} > 0.8`,
            for: "10m",
            summary:
                "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory limit",
        }),
    ],
};

export const CONTROL_PLANE: RuleGroup = {
    name: "sparc-control-plane",
    rules: [
        alert("MeshJwksUnavailable", "page", {
            expr: "sum(increase(pilot_jwks_resolver_network_fetch_fail_total[15m])) > 0",
            summary:
                "istiod cannot fetch an issuer's key set: its tokens are rejected once the cached keys expire",
        }),
        alert("MeshConfigRejected", "page", {
            expr: "sum by (type) (increase(pilot_total_xds_rejects[5m])) > 0",
            summary: "Proxies reject configuration ({{ $labels.type }}) and keep the previous one",
        }),
        alert("MeshConfigPropagationSlow", "ticket", {
            expr: "histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[5m]))) > 10",
            for: "5m",
            summary: "A configuration change takes {{ $value | humanizeDuration }} to reach the proxies",
        }),
        alert("MeshControlPlaneDown", "page", {
            expr: 'absent(up{job="istiod"} == 1)',
            for: "2m",
            summary:
                "istiod is down: no pod starts, no configuration changes, certificates expire within a day",
        }),
        alert("MeshMetricsMissing", "ticket", {
            expr: 'count by (namespace) (up{job="mesh-proxies"} == 0) > 0',
            for: "10m",
            summary: "{{ $value }} proxies in {{ $labels.namespace }} cannot be scraped",
        }),
    ],
};

/**
 * By source. `increase` misses the first request of a new series, so a series that did not exist five minutes ago
 * counts as well.
 */
function blockedBySource(name: string): string[] {
    const series = `${name}{${TO_BLACK_HOLE}}`;
    return [`increase(${series}[5m])`, `(${series} unless ${series} offset 5m)`].map(
        (more) => `sum by (source_workload, source_workload_namespace) (${more})`,
    );
}

/**
 * True where `mesh verify` ran in the last ten minutes: its connections to forbidden hosts cannot carry the probe
 * header.
 */
const VERIFY_RAN = `count(count_over_time(container_memory_working_set_bytes{namespace="${NAMESPACES.services}",pod=~"${PROBER_PREFIX}.+"}[10m]))`;

export const EGRESS: RuleGroup = {
    name: "sparc-egress",
    rules: [
        alert("MeshUnknownHostBlocked", "ticket", {
            // The sidecar sees TLS as connections only.
            expr: any([
                ...blockedBySource("istio_requests_total"),
                ...blockedBySource("istio_tcp_connections_closed_total").map(
                    (expr) => `(${expr} unless on () ${VERIFY_RAN})`,
                ),
            ]),
            summary:
                "{{ $labels.source_workload }} calls unknown or forbidden hosts, and its sidecar blocks them",
        }),
    ],
};

/** All canaries are in one namespace. Prometheus renames the series' namespace label, because the scraped pod has one too. */
export const ROLLOUTS: RuleGroup = {
    name: "sparc-rollouts",
    rules: [
        alert("RolloutFailed", "page", {
            // The status stays until the next rollout begins, and must not page for days. A restarted Flagger reports
            // a new series, so the one before it counts as well.
            expr: `max by (name) (${STATUS_SERIES}) == ${CANARY_STATUS.failed} unless min by (name) (min_over_time(${STATUS_SERIES}[1h])) == ${CANARY_STATUS.failed}`,
            summary: "The new version of {{ $labels.name }} failed its analysis and was rolled back",
        }),
        alert("RolloutStuck", "ticket", {
            expr: `max by (name) (${STATUS_SERIES}) == ${CANARY_STATUS.inProgress}`,
            for: "1h",
            summary: "The rollout of {{ $labels.name }} has been in progress for an hour",
        }),
    ],
};
