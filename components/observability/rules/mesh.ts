/** What goes wrong in the mesh itself: breakers, certificates, proxies, its control plane, and what should not leave. */
import { NAMESPACES, PROBER_PREFIX } from "../../base/names";
import { TO_NOWHERE } from "../istio-series";
import { type RuleGroup, alert } from "./model";

const DAY = 86_400;
/** Time to renew what nobody renews by itself. */
const SOON = 30 * DAY;
/** A workload's certificate holds for a day and is renewed after half of it. */
const OVERDUE = DAY / 4;

/** Whether any of several expressions is above 0. One over all the series' names would lose these, and with them what tells its results apart. */
function any(expressions: readonly string[]): string {
    return expressions.map((expression) => `(${expression} > 0)`).join(" or ");
}

export const BREAKERS: RuleGroup = {
    name: "sparc-breakers",
    rules: [
        alert("MeshBreakerOpen", "ticket", {
            expr: any(
                ["cx", "rq", "rq_pending"].map(
                    (of) =>
                        `max by (service, cluster_name) (max_over_time(envoy_cluster_circuit_breakers_default_${of}_open[1m]))`,
                ),
            ),
            for: "1m",
            summary: "{{ $labels.service }} has as many calls open to {{ $labels.cluster_name }} as it may",
        }),
        alert("MeshBreakerOverflow", "page", {
            expr: any(
                ["rq_pending", "rq_active", "cx"].map(
                    (of) =>
                        `sum by (service, cluster_name) (increase(envoy_cluster_upstream_${of}_overflow[5m]))`,
                ),
            ),
            summary:
                "Calls of {{ $labels.service }} to {{ $labels.cluster_name }} are refused by its breaker",
        }),
    ],
};

export const CERTIFICATES: RuleGroup = {
    name: "sparc-certificates",
    rules: [
        alert("MeshWorkloadCertificate", "page", {
            expr: `min by (namespace, pod) (istio_agent_cert_expiry_seconds) < ${OVERDUE}`,
            for: "5m",
            summary:
                "The certificate of {{ $labels.namespace }}/{{ $labels.pod }} ends in {{ $value | humanizeDuration }} and was not renewed",
        }),
        alert("MeshGatewayCertificate", "ticket", {
            // A gateway's listeners also hold its identity (default) and the mesh's root, which other alerts are about.
            expr: `min by (namespace, service) ({__name__=~"envoy_listener_ssl_certificate_.*expiration_unix_time_seconds",__name__!~".*_certificate_(default|ROOTCA)_.*",service=~"istio-.*gateway"}) - time() < ${SOON}`,
            // cert-manager renews by then, and needs a moment.
            for: "1h",
            summary: "A certificate of {{ $labels.service }} ends in {{ $value | humanizeDuration }}",
        }),
        alert("MeshAuthorityCertificate", "page", {
            expr: `min({__name__=~"citadel_server_(root_cert|cert_chain)_expiry_seconds"}) < ${SOON}`,
            for: "5m",
            summary: "The mesh's own CA ends in {{ $value | humanizeDuration }}, and every identity with it",
        }),
    ],
};

/** Of a container: used, and allowed. Where nothing limits it there is nothing to be used up. */
const CPU =
    "sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total[5m])) / on (namespace, pod, container) " +
    "(max by (namespace, pod, container) (container_spec_cpu_quota) / max by (namespace, pod, container) (container_spec_cpu_period))";
const MEMORY =
    "max by (namespace, pod, container) (container_memory_working_set_bytes) / on (namespace, pod, container) " +
    "(max by (namespace, pod, container) (container_spec_memory_limit_bytes) > 0)";

export const SATURATION: RuleGroup = {
    name: "sparc-saturation",
    rules: [
        alert("MeshProxyCpu", "ticket", {
            expr: `${CPU} > 0.8`,
            for: "10m",
            summary:
                "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its CPU",
        }),
        alert("MeshProxyMemory", "ticket", {
            expr: `${MEMORY} > 0.8`,
            for: "10m",
            summary:
                "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory",
        }),
    ],
};

export const CONTROL_PLANE: RuleGroup = {
    name: "sparc-control-plane",
    rules: [
        alert("MeshKeySet", "page", {
            expr: "sum(increase(pilot_jwks_resolver_network_fetch_fail_total[15m])) > 0",
            summary:
                "istiod cannot fetch the keys of an issuer: its tokens are refused once the last keys are forgotten",
        }),
        alert("MeshPushRejected", "page", {
            expr: "sum by (type) (increase(pilot_total_xds_rejects[5m])) > 0",
            summary: "Proxies reject configuration ({{ $labels.type }}) and keep what they had",
        }),
        alert("MeshPushSlow", "ticket", {
            expr: "histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[5m]))) > 10",
            for: "5m",
            summary: "A change takes {{ $value | humanizeDuration }} to reach the proxies",
        }),
        alert("MeshControlPlaneDown", "page", {
            expr: 'absent(up{job="istiod"} == 1)',
            for: "2m",
            summary: "No istiod answers: no pod starts, nothing changes, certificates end within a day",
        }),
        alert("MeshBlind", "ticket", {
            expr: 'count by (namespace) (up{job="mesh-proxies"} == 0) > 0',
            for: "10m",
            summary: "{{ $value }} proxies of {{ $labels.namespace }} tell nothing of themselves",
        }),
    ],
};

/** By who asked. A series begins with the first that is refused, of which `increase` knows nothing. */
function refused(name: string): string[] {
    const series = `${name}{${TO_NOWHERE}}`;
    return [`increase(${series}[5m])`, `(${series} unless ${series} offset 5m)`].map(
        (more) => `sum by (source_workload, source_workload_namespace) (${more})`,
    );
}

/** There where `mesh verify` ran in the last ten minutes: its connections to hosts that a service may not reach carry no mark. */
const PROBED = `count(count_over_time(container_memory_working_set_bytes{namespace="${NAMESPACES.services}",pod=~"${PROBER_PREFIX}.+"}[10m]))`;

export const EGRESS: RuleGroup = {
    name: "sparc-egress",
    rules: [
        alert("MeshRefusedHost", "ticket", {
            // Of TLS the sidecar sees connections alone.
            expr: any([
                ...refused("istio_requests_total"),
                ...refused("istio_tcp_connections_closed_total").map(
                    (expr) => `(${expr} unless on () ${PROBED})`,
                ),
            ]),
            summary: "{{ $labels.source_workload }} calls hosts that it may not reach",
        }),
    ],
};

/**
 * Of Flagger: 0 is in progress, 2 is failed, and 1 everything else, such as waiting for somebody. All rollouts are of the
 * one namespace; what Flagger's series say of it Prometheus renames, since the pod that tells them has a namespace too.
 */
export const ROLLOUTS: RuleGroup = {
    name: "sparc-rollouts",
    rules: [
        alert("RolloutFailed", "page", {
            // It stays so until the next rollout begins, and nobody is to be woken for days. A Flagger that came new tells
            // a series of its own, so that the one before it counts too.
            expr: "max by (name) (flagger_canary_status) == 2 unless min by (name) (min_over_time(flagger_canary_status[1h])) == 2",
            summary: "The new version of {{ $labels.name }} was found wanting, and the old one serves",
        }),
        alert("RolloutStuck", "ticket", {
            expr: "max by (name) (flagger_canary_status) == 0",
            for: "1h",
            summary: "The rollout of {{ $labels.name }} has been under way for an hour",
        }),
    ],
};
