/** By what new versions are judged: queries of Prometheus, which Flagger fills with a canary's names. */
import { milliseconds } from "../../catalogue/durations";
import type { Service } from "../../catalogue/model";
import { slowAfter } from "../../catalogue/query";
import { ERROR_PERCENT, type Kpi } from "../../catalogue/rollout";
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS } from "../base/labels";
import type { CanaryManifest, MetricTemplateManifest } from "../base/manifest";
import { CLUSTER_DOMAIN, NAMESPACES, NO_PROBE } from "../base/names";
import { GRPC_FAULTS, LOAD_TESTER, PROMETHEUS_URL, type Rollout } from "../base/rollouts";

type CanaryMetric = NonNullable<CanaryManifest["spec"]["analysis"]["metrics"]>[number];
type Range = NonNullable<CanaryMetric["thresholdRange"]>;

/**
 * Who tells of requests. Callers, since they see what never reached the canary too; but of the copies of a mirror no
 * caller keeps count, so that of those the canary itself tells.
 */
const SEEN_BY = {
    callers: `${NO_PROBE},reporter="source",destination_service="{{ service }}-canary.{{ namespace }}.svc.${CLUSTER_DOMAIN}"`,
    itself: `${NO_PROBE},reporter="destination",destination_workload="{{ target }}",destination_workload_namespace="{{ namespace }}"`,
} as const;

type SeenBy = keyof typeof SEEN_BY;

/** No answer at all is 0, but where it was the client that hung up (DC). */
const FAILED = `response_code=~"0|5..",response_flags!~".*DC.*"`;
const FAILED_GRPC = `response_code!~"0|5..",grpc_response_status=~"${GRPC_FAULTS}"`;

/** Whose requests: of a version that has a load, users' and the load's, which are judged apart. */
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

/** The figure of users or of the load, whichever is worse: few users must not be outvoted, and may be none at all. */
function worse(figure: (...labels: readonly string[]) => string, seenBy: SeenBy): string {
    const of = (who: string, labels: string) =>
        `label_replace(${figure(SEEN_BY[seenBy], labels)}, "of", "${who}", "", "")`;
    return `max(${of("users", USERS)} or ${of("load", LOAD)})`;
}

/** How much of the load is answered as its path should be: a refusal is quick, and no error of the service's. */
function answered(seenBy: SeenBy): string {
    const rate = (...more: readonly string[]) => rateOf(SEEN_BY[seenBy], LOAD, ...more);
    return `100 * (${rate('response_code=~"2.."')} or vector(0)) / ${rate()}`;
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
        ...Object.fromEntries(
            (["callers", "itself"] as const).flatMap((seenBy) => [
                [`errors-of-${seenBy}`, errors(SEEN_BY[seenBy])],
                [`errors-of-${seenBy}-or-load`, worse(errors, seenBy)],
                [`latency-of-${seenBy}`, latency(SEEN_BY[seenBy])],
                [`latency-of-${seenBy}-or-load`, worse(latency, seenBy)],
                [`load-of-${seenBy}`, answered(seenBy)],
            ]),
        ),
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
    const whose = rollout.load === undefined ? seenBy : `${seenBy}-or-load`;
    const metric = (name: string, template: string, thresholdRange: Range): CanaryMetric => ({
        name,
        templateRef: { name: template, namespace: NAMESPACES.services },
        thresholdRange,
        interval: config.delivery.window,
    });
    return [
        metric("errors", `errors-of-${whose}`, { max: rollout.errorPercent ?? ERROR_PERCENT }),
        ...(streams(rolledOut, service)
            ? []
            : [
                  metric("latency", `latency-of-${whose}`, {
                      max: milliseconds(slowAfter(service)) ?? 0,
                  }),
              ]),
        ...(rollout.load === undefined ? [] : [metric("load", `load-of-${seenBy}`, { min: 99 })]),
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
