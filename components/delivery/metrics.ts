/** The metrics of a canary's analysis: PromQL templates in which Flagger fills in the canary's names. */
import { milliseconds } from "../../catalogue/durations";
import type { Service } from "../../catalogue/model";
import { latencyThreshold } from "../../catalogue/query";
import { DEFAULT_ERROR_PERCENT, type Kpi } from "../../catalogue/rollout";
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS } from "../base/labels";
import type { CanaryManifest, MetricTemplateManifest } from "../base/manifest";
import { CLUSTER_DOMAIN, NAMESPACES, NO_PROBE, PROMETHEUS_URL } from "../base/names";
import { GRPC_FAILURES } from "../shared/monitoring/scraping";
import { CANARY, LOAD_TESTER } from "../shared/flagger/flagger";
import { CANARY_PODS, CANARY_SERVICE } from "../shared/flagger/metrics";
import { type ServiceRollout } from "../shared/flagger/rollouts";

type CanaryMetric = NonNullable<CanaryManifest["spec"]["analysis"]["metrics"]>[number];
type Range = NonNullable<CanaryMetric["thresholdRange"]>;

/**
 * The reporter of requests. Callers by default, because they also see requests that never reached the canary; but
 * callers do not count mirrored requests, so for those the canary reports.
 */
const REPORTED_BY = {
    callers: `${NO_PROBE},reporter="source",destination_service="${CANARY_SERVICE}.svc.${CLUSTER_DOMAIN}"`,
    itself: `${NO_PROBE},reporter="destination",destination_workload="{{ target }}",destination_workload_namespace="{{ namespace }}"`,
} as const;

type Reporter = keyof typeof REPORTED_BY;

/** Code 0 means no response, unless the client disconnected (DC). */
const FAILED = `response_code=~"0|5..",response_flags!~".*DC.*"`;
const FAILED_GRPC = `response_code!~"0|5..",grpc_response_status=~"${GRPC_FAILURES}"`;

/** The source of requests: for a version with synthetic load, users and the load tester are evaluated separately. */
const USERS = `source_workload!="${LOAD_TESTER.name}"`;
const LOAD = `source_workload="${LOAD_TESTER.name}"`;

function rateOf(...labels: readonly string[]): string {
    return `sum(rate(istio_requests_total{${labels.join(",")}}[{{ interval }}]))`;
}

function errors(...labels: readonly string[]): string {
    const rate = (...more: readonly string[]) => rateOf(...labels, ...more);
    const orNone = (query: string) => `(${query} or vector(0))`;
    return `100 * (${orNone(rate(FAILED))} + ${orNone(rate(FAILED_GRPC))}) / ${rate()}`;
}

function latency(...labels: readonly string[]): string {
    return `histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{${labels.join(",")}}[{{ interval }}])))`;
}

/** The worse of the users' and the load's metric: a few users must not be outvoted, and there may be none at all. */
function worseOf(metric: (...labels: readonly string[]) => string, reporter: Reporter): string {
    const of = (source: string, labels: string) =>
        `label_replace(${metric(REPORTED_BY[reporter], labels)}, "of", "${source}", "", "")`;
    return `max(${of("users", USERS)} or ${of("load", LOAD)})`;
}

/** The success rate of the load: a rejected request is fast, and not a server error. */
function loadSuccessRate(reporter: Reporter): string {
    const rate = (...more: readonly string[]) => rateOf(REPORTED_BY[reporter], LOAD, ...more);
    return `100 * (${rate('response_code=~"2.."')} or vector(0)) / ${rate()}`;
}

function increase(series: string, outcome = ""): string {
    return `sum(increase(${series}{${CANARY_PODS}${outcome === "" ? "" : `,outcome${outcome}`}}[{{ interval }}]))`;
}

/** The success rate in percent, of the operations that should have succeeded. */
function kpiSuccessRate(series: string): string {
    return `100 * (${increase(series, `="ok"`)} or vector(0)) / ${increase(series, `=~"ok|failed"`)}`;
}

/** Business KPIs: the metrics that services export (docs/reference/progressive-delivery.md), and their thresholds. */
const KPIS: Readonly<Record<Kpi, { readonly query: string; readonly range: Range }>> = {
    "stream-start": { query: kpiSuccessRate("sparc_stream_starts_total"), range: { min: 99 } },
    rebuffer: {
        query: `100 * ${increase("sparc_rebuffer_seconds_total")} / ${increase("sparc_watch_seconds_total")}`,
        range: { max: 1 },
    },
    "alert-delivery": {
        query: `histogram_quantile(0.95, sum by (le) (rate(sparc_alert_delivery_seconds_bucket{${CANARY_PODS}}[{{ interval }}])))`,
        range: { max: 5 },
    },
    login: { query: kpiSuccessRate("sparc_logins_total"), range: { min: 99 } },
    payment: { query: kpiSuccessRate("sparc_payments_total"), range: { min: 99 } },
};

/** The MetricTemplates that the Canaries refer to. */
export function metricTemplates(metrics: readonly CanaryMetric[]): MetricTemplateManifest[] {
    const queries: Readonly<Record<string, string>> = {
        ...Object.fromEntries(
            (["callers", "itself"] as const).flatMap((reporter) => [
                [`errors-of-${reporter}`, errors(REPORTED_BY[reporter])],
                [`errors-of-${reporter}-or-load`, worseOf(errors, reporter)],
                [`latency-of-${reporter}`, latency(REPORTED_BY[reporter])],
                [`latency-of-${reporter}-or-load`, worseOf(latency, reporter)],
                [`load-of-${reporter}`, loadSuccessRate(reporter)],
            ]),
        ),
        ...Object.fromEntries(Object.entries(KPIS).map(([kpi, { query }]) => [`kpi-${kpi}`, query])),
    };
    const named = new Set(metrics.map(({ templateRef }) => templateRef?.name));
    return Object.entries(queries)
        .filter(([name]) => named.has(name))
        .map(([name, query]) => ({
            apiVersion: CANARY.apiVersion,
            kind: "MetricTemplate",
            metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
            spec: { provider: { type: "prometheus", address: PROMETHEUS_URL }, query },
        }));
}

/** The metrics of one canary's analysis. */
export function metricsOf(rolledOut: ServiceRollout, service: Service, config: MeshConfig): CanaryMetric[] {
    const { rollout } = rolledOut;
    const reporter = rollout.strategy === "blue-green" && rollout.mirror === true ? "itself" : "callers";
    const sources = rollout.load === undefined ? reporter : `${reporter}-or-load`;
    const metric = (name: string, template: string, thresholdRange: Range): CanaryMetric => ({
        name,
        templateRef: { name: template, namespace: NAMESPACES.services },
        thresholdRange,
        interval: config.delivery.window,
    });
    return [
        metric("errors", `errors-of-${sources}`, { max: rollout.errorPercent ?? DEFAULT_ERROR_PERCENT }),
        ...(streams(rolledOut, service)
            ? []
            : [
                  metric("latency", `latency-of-${sources}`, {
                      max: milliseconds(latencyThreshold(service)) ?? 0,
                  }),
              ]),
        ...(rollout.load === undefined ? [] : [metric("load", `load-of-${reporter}`, { min: 99 })]),
        ...(rollout.kpis ?? []).map((kpi) => metric(kpi, `kpi-${kpi}`, KPIS[kpi].range)),
    ];
}

/** Whether the port has streams, whose duration the client decides. */
function streams({ port, portName }: ServiceRollout, { exposures = [] }: Service): boolean {
    return (
        port.protocol === "ws" ||
        (port.protocol === "grpc" && (port.streaming ?? []).length > 0) ||
        exposures.some((exposure) => exposure.port === portName && exposure.timeout === "stream")
    );
}
