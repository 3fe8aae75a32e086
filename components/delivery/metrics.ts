/** By what new versions are judged: queries of Prometheus, which Flagger fills with a canary's names. */
import { milliseconds } from "../../catalogue/durations";
import type { Service } from "../../catalogue/model";
import { slowAfter } from "../../catalogue/query";
import { ERROR_PERCENT, type Kpi } from "../../catalogue/rollout";
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS } from "../base/labels";
import type { CanaryManifest, MetricTemplateManifest } from "../base/manifest";
import { CLUSTER_DOMAIN, NAMESPACES } from "../base/names";
import { GRPC_FAULTS, PROMETHEUS_URL, type Rollout } from "../base/rollouts";

type CanaryMetric = NonNullable<CanaryManifest["spec"]["analysis"]["metrics"]>[number];
type Range = NonNullable<CanaryMetric["thresholdRange"]>;

/**
 * Who tells of requests. Callers, since they see what never reached the canary too; but of the copies of a mirror no
 * caller keeps count, so that of those the canary itself tells.
 */
const SEEN_BY = {
    callers: `reporter="source",destination_service="{{ service }}-canary.{{ namespace }}.svc.${CLUSTER_DOMAIN}"`,
    itself: `reporter="destination",destination_workload="{{ target }}",destination_workload_namespace="{{ namespace }}"`,
} as const;

type SeenBy = keyof typeof SEEN_BY;

/** No answer at all is 0, but where it was the client that hung up (DC). */
const FAILED = `response_code=~"0|5..",response_flags!~".*DC.*"`;
const FAILED_GRPC = `response_code!~"0|5..",grpc_response_status=~"${GRPC_FAULTS}"`;

function errors(seenBy: SeenBy): string {
    const rate = (more: string) =>
        `sum(rate(istio_requests_total{${[SEEN_BY[seenBy], more].filter((part) => part !== "").join(",")}}[{{ interval }}]))`;
    const orNone = (query: string) => `(${query} or vector(0))`;
    return `100 * (${orNone(rate(FAILED))} + ${orNone(rate(FAILED_GRPC))}) / ${rate("")}`;
}

function latency(seenBy: SeenBy): string {
    return `histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{${SEEN_BY[seenBy]}}[{{ interval }}])))`;
}

/** The canary's pods; its primary's have one part more in their names. */
const CANARY_PODS = `namespace="{{ namespace }}",pod=~"{{ target }}-[0-9a-z]+-[0-9a-z]+"`;

function increase(series: string, outcome = ""): string {
    return `sum(increase(${series}{${CANARY_PODS}${outcome === "" ? "" : `,outcome${outcome}`}}[{{ interval }}]))`;
}

/** The share, in percent, of what is counted as done of all that should have been. */
function succeeded(series: string): string {
    return `100 * (${increase(series, `="ok"`)} or vector(0)) / ${increase(series, `=~"ok|failed"`)}`;
}

/** Business figures: what docs/delivery.md has services count, and what is too little or too much. */
const KPIS: Readonly<Record<Kpi, { readonly query: string; readonly range: Range }>> = {
    "stream-start": { query: succeeded("sparc_stream_starts_total"), range: { min: 99 } },
    rebuffer: {
        query: `100 * ${increase("sparc_rebuffer_seconds_total")} / ${increase("sparc_watch_seconds_total")}`,
        range: { max: 1 },
    },
    "alert-delivery": {
        query: `histogram_quantile(0.95, sum by (le) (rate(sparc_alert_delivery_seconds_bucket{${CANARY_PODS}}[{{ interval }}])))`,
        range: { max: 5 },
    },
    login: { query: succeeded("sparc_logins_total"), range: { min: 99 } },
    payment: { query: succeeded("sparc_payments_total"), range: { min: 99 } },
};

/** The templates that the rollouts name, and no other. */
export function metricTemplates(metrics: readonly CanaryMetric[]): MetricTemplateManifest[] {
    const queries: Readonly<Record<string, string>> = {
        "errors-of-callers": errors("callers"),
        "errors-of-itself": errors("itself"),
        "latency-of-callers": latency("callers"),
        "latency-of-itself": latency("itself"),
        ...Object.fromEntries(Object.entries(KPIS).map(([kpi, { query }]) => [`kpi-${kpi}`, query])),
    };
    const named = new Set(metrics.map(({ templateRef }) => templateRef?.name));
    return Object.entries(queries)
        .filter(([name]) => named.has(name))
        .map(([name, query]) => ({
            apiVersion: "flagger.app/v1beta1",
            kind: "MetricTemplate",
            metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
            spec: { provider: { type: "prometheus", address: PROMETHEUS_URL }, query },
        }));
}

/** What one canary is judged by. */
export function metricsOf(rolledOut: Rollout, service: Service, config: MeshConfig): CanaryMetric[] {
    const { rollout } = rolledOut;
    const seenBy = rollout.strategy === "blue-green" && rollout.mirror === true ? "itself" : "callers";
    const metric = (name: string, template: string, thresholdRange: Range): CanaryMetric => ({
        name,
        templateRef: { name: template, namespace: NAMESPACES.services },
        thresholdRange,
        interval: config.delivery.window,
    });
    return [
        metric("errors", `errors-of-${seenBy}`, { max: rollout.errorPercent ?? ERROR_PERCENT }),
        ...(streams(rolledOut, service)
            ? []
            : [
                  metric("latency", `latency-of-${seenBy}`, {
                      max: milliseconds(slowAfter(service)) ?? 0,
                  }),
              ]),
        ...(rollout.kpis ?? []).map((kpi) => metric(kpi, `kpi-${kpi}`, KPIS[kpi].range)),
    ];
}

/** Whether what is asked of the port may last as long as its caller likes, so that its time says nothing. */
function streams({ port, portName }: Rollout, { exposures = [] }: Service): boolean {
    return (
        port.protocol === "ws" ||
        (port.protocol === "grpc" && (port.streaming ?? []).length > 0) ||
        exposures.some((exposure) => exposure.port === portName && exposure.timeout === "stream")
    );
}
