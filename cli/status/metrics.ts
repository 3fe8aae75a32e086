/** How services do, by the mesh's own Prometheus. */
import type { Catalogue, Service } from "../../catalogue/model";
import { milliseconds } from "../../catalogue/durations";
import { availability, servicesOf, slowAfter } from "../../catalogue/query";
import { OF_A_ROLLOUT } from "../../components/base/rollouts";
import type { Cluster } from "../verify/cluster/cluster";
import type { Alert, ServiceFigures } from "./model";
import { prometheusOf } from "./prometheus";
import { queryCommand, type Sample, samplesIn } from "./promtool";

const TIMEOUT_SECONDS = 20;

/** Labels that say of which rule an alert is, and not about what. */
const OF_THE_RULE: ReadonlySet<string> = new Set(["__name__", "alertname", "alertstate", "severity"]);

/** What is asked for services, by what it is called in the figures. */
const FIGURES = {
    rate: "service:requests:rate5m > 0",
    failed: "service:failures:ratio_rate5m",
    p99: "service:duration_milliseconds:p99_5m",
    // Each caller's proxy tells of each cluster; the callee stands in the cluster's name.
    leftOut:
        'max by (service) (label_replace(envoy_cluster_outlier_detection_ejections_active, "service", "$1", "cluster_name", ' +
        `"outbound[|].*[|]([^.|]+?)${OF_A_ROLLOUT}[.].*"))`,
} as const;

export interface Metrics {
    readonly services: readonly ServiceFigures[];
    readonly alerts: readonly Alert[];
}

/** @throws Error that says why Prometheus did not answer. */
export async function readMetrics(
    cluster: Cluster,
    catalogue: Catalogue,
    signal: AbortSignal,
): Promise<Metrics> {
    const asked = await prometheusOf(cluster, TIMEOUT_SECONDS, signal);
    const ask = async (expression: string) => samplesIn(await asked(queryCommand(expression)));
    const [rate, failed, p99, leftOut, firing] = await Promise.all([
        byService(ask(FIGURES.rate)),
        byService(ask(FIGURES.failed)),
        byService(ask(FIGURES.p99)),
        byService(ask(FIGURES.leftOut)),
        ask('ALERTS{alertstate="firing"}'),
    ]);
    const figures = (name: string, service: Service): ServiceFigures | undefined => {
        const requests = rate.get(name);
        const slowest = p99.get(name);
        if (requests === undefined) return undefined;
        return {
            service: name,
            rate: requests,
            failed: failed.get(name) ?? 0,
            mayFail: (100 - availability(service)) / 100,
            ...(slowest === undefined || Number.isNaN(slowest) ? {} : { p99: slowest }),
            slowAfter: milliseconds(slowAfter(service)) ?? 0,
            leftOut: leftOut.get(name) ?? 0,
        };
    };
    return {
        services: servicesOf(catalogue).flatMap(([name, service]) => figures(name, service) ?? []),
        alerts: firing.map(({ metric }) => alertOf(metric)).sort(byNameAndAbout),
    };
}

function alertOf(labels: Readonly<Record<string, string>>): Alert {
    const about = Object.entries(labels).filter(([name]) => !OF_THE_RULE.has(name));
    return {
        name: labels["alertname"] ?? "",
        severity: labels["severity"] ?? "",
        about: about.map(([name, value]) => `${name}=${value}`).join(" "),
    };
}

function byNameAndAbout(a: Alert, b: Alert): number {
    return `${a.name} ${a.about}` < `${b.name} ${b.about}` ? -1 : 1;
}

async function byService(asked: Promise<readonly Sample[]>): Promise<ReadonlyMap<string, number>> {
    return new Map((await asked).map(({ metric, value }) => [metric["service"] ?? "", value]));
}
