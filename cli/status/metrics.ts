/** Service health, from the Prometheus of the mesh. */
import type { Catalogue, Service } from "../../catalogue/model";
import { milliseconds } from "../../catalogue/durations";
import { availability, servicesOf, latencyThreshold } from "../../catalogue/query";
import { ROLLOUT_SUFFIX } from "../../components/shared/flagger/metrics";
import type { Cluster } from "../lib/cluster/cluster";
import type { Alert, ServiceMetrics } from "./model";
import { prometheusOf } from "./prometheus";
import { queryCommand, type Sample, samplesIn } from "./promtool";

const TIMEOUT_SECONDS = 20;

/** Labels that name an alert's rule; all others name its subject. */
const RULE_LABELS: ReadonlySet<string> = new Set(["__name__", "alertname", "alertstate", "severity"]);

/** PromQL of each service metric. */
const QUERIES = {
    requestsPerSecond: "service:requests:rate5m > 0",
    errorRate: "service:failures:ratio_rate5m",
    p99Ms: "service:duration_milliseconds:p99_5m",
    // Every caller's proxy reports its clusters; the cluster's name contains the callee.
    ejectedEndpoints:
        'max by (service) (label_replace(envoy_cluster_outlier_detection_ejections_active, "service", "$1", "cluster_name", ' +
        `"outbound[|].*[|]([^.|]+?)${ROLLOUT_SUFFIX}[.].*"))`,
} as const;

export interface Metrics {
    readonly services: readonly ServiceMetrics[];
    readonly alerts: readonly Alert[];
}

/** @throws Error with the reason why Prometheus did not answer */
export async function readMetrics(
    cluster: Cluster,
    catalogue: Catalogue,
    signal: AbortSignal,
): Promise<Metrics> {
    const prometheus = await prometheusOf(cluster, TIMEOUT_SECONDS, signal);
    const queryPrometheus = async (expression: string) =>
        samplesIn(await prometheus(queryCommand(expression)));
    const [requestsPerSecond, errorRate, p99Ms, ejectedEndpoints, firing] = await Promise.all([
        byService(queryPrometheus(QUERIES.requestsPerSecond)),
        byService(queryPrometheus(QUERIES.errorRate)),
        byService(queryPrometheus(QUERIES.p99Ms)),
        byService(queryPrometheus(QUERIES.ejectedEndpoints)),
        queryPrometheus('ALERTS{alertstate="firing"}'),
    ]);
    const serviceMetrics = (name: string, service: Service): ServiceMetrics | undefined => {
        const requests = requestsPerSecond.get(name);
        const slowest = p99Ms.get(name);
        if (requests === undefined) return undefined;
        return {
            service: name,
            requestsPerSecond: requests,
            errorRate: errorRate.get(name) ?? 0,
            errorRateObjective: (100 - availability(service)) / 100,
            ...(slowest === undefined || Number.isNaN(slowest) ? {} : { p99Ms: slowest }),
            latencyThresholdMs: milliseconds(latencyThreshold(service)) ?? 0,
            ejectedEndpoints: ejectedEndpoints.get(name) ?? 0,
        };
    };
    return {
        services: servicesOf(catalogue).flatMap(([name, service]) => serviceMetrics(name, service) ?? []),
        alerts: firing.map(({ metric }) => alertOf(metric)).sort(byNameAndSubject),
    };
}

function alertOf(labels: Readonly<Record<string, string>>): Alert {
    const subject = Object.entries(labels).filter(([name]) => !RULE_LABELS.has(name));
    return {
        name: labels["alertname"] ?? "",
        severity: labels["severity"] ?? "",
        subject: subject.map(([name, value]) => `${name}=${value}`).join(" "),
    };
}

function byNameAndSubject(a: Alert, b: Alert): number {
    return `${a.name} ${a.subject}` < `${b.name} ${b.subject}` ? -1 : 1;
}

async function byService(samples: Promise<readonly Sample[]>): Promise<ReadonlyMap<string, number>> {
    return new Map((await samples).map(({ metric, value }) => [metric["service"] ?? "", value]));
}
