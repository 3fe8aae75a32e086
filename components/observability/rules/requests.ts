/** Service level alerts: error rate, latency and error budget, as callers see them. */
import type { Catalogue, Service } from "../../../catalogue/model";
import { milliseconds } from "../../../catalogue/durations";
import { availability, callersOf, exposuresOf, servicesOf, latencyThreshold } from "../../../catalogue/query";
import { NAMESPACES, NO_PROBE } from "../../base/names";
import { GRPC_FAILURES } from "../../shared/monitoring/scraping";
import { LOAD_TESTER } from "../../shared/flagger/flagger";
import { ROLLOUT_SUFFIX } from "../../shared/flagger/metrics";
import { type RuleGroup, alert, oneOf } from "./model";

type Window = "5m" | "30m" | "1h" | "6h" | "3d";
const WINDOWS: readonly Window[] = ["5m", "30m", "1h", "6h", "3d"];

/**
 * Excludes two sources that are not users: Flagger's load tests, since a new version that fails under load rolls back
 * before users get it, and `mesh verify`, which makes services fail on purpose.
 */
const OF_SERVICES = `destination_service_namespace="${NAMESPACES.services}",source_workload!="${LOAD_TESTER.name}",${NO_PROBE}`;

/**
 * Requests to services as their callers report them: the callee never sees a request that a circuit breaker rejected.
 */
const TO_SERVICES = `reporter="source",${OF_SERVICES}`;

/** Requests per second below which a ratio has no meaning. */
const MIN_REQUESTS_PER_SECOND = 0.05;

/** Names the service `auth` where a rollout has `auth-rollout-primary` and `auth-rollout-canary`. */
function byService(expr: string, ...more: readonly string[]): string {
    const renamed = `label_replace(${expr}, "service", "$1", "destination_service_name", "(.+?)${ROLLOUT_SUFFIX}")`;
    return `sum by (${["service", ...more].join(", ")}) (${renamed})`;
}

function failureRatio(window: Window): string {
    return `service:failures:ratio_rate${window}`;
}

/** The recording rules that alerts and dashboards use. */
export function requestRecordings(): RuleGroup {
    return {
        name: "sparc-requests",
        rules: [
            ...WINDOWS.flatMap((window) => {
                const rate = (labels: string) =>
                    `rate(istio_requests_total{${TO_SERVICES}${labels}}[${window}])`;
                const failed = `(${rate(',response_code=~"5.."')} or ${rate(`,grpc_response_status=~"${GRPC_FAILURES}"`)})`;
                const all = `service:requests:rate${window}`;
                return [
                    { record: all, expr: byService(rate("")) },
                    {
                        record: failureRatio(window),
                        // A service with requests and no failures has the ratio 0.
                        expr: `(${byService(failed)} or 0 * ${all}) / on (service) ${all}`,
                    },
                ];
            }),
            {
                record: "service:duration_milliseconds:p99_5m",
                expr: `histogram_quantile(0.99, ${byService(
                    `rate(istio_request_duration_milliseconds_bucket{reporter="destination",${OF_SERVICES}}[5m])`,
                    "le",
                )})`,
            },
        ],
    };
}

export function requestAlerts(catalogue: Catalogue): RuleGroup {
    const critical = servicesOf(catalogue).filter(([, { tier }]) => tier === "critical");
    return {
        name: "sparc-request-alerts",
        rules: [
            alert("MeshHighErrorRate", "page", {
                expr: `${failureRatio("5m")}{service=~"${oneOf(critical.map(([name]) => name))}"} > 0.01 and on (service) service:requests:rate5m > ${MIN_REQUESTS_PER_SECOND}`,
                for: "2m",
                summary: "{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} fail",
            }),
            ...slowAlerts(catalogue),
            ...burnAlerts(catalogue),
        ],
    };
}

/** Excludes services with streams, whose duration has no meaning. */
function slowAlerts(catalogue: Catalogue) {
    const services = servicesOf(catalogue).filter(([name, service]) => !streams(catalogue, name, service));
    return [...grouped(services, ([, service]) => milliseconds(latencyThreshold(service)) ?? 0)].map(
        ([limit, services]) =>
            alert("MeshHighLatency", "ticket", {
                expr: `service:duration_milliseconds:p99_5m{service=~"${oneOf(services.map(([name]) => name))}"} > ${limit} and on (service) service:requests:rate5m > ${MIN_REQUESTS_PER_SECOND}`,
                for: "5m",
                labels: { limit: `${limit}ms` },
                summary: `The p99 latency of {{ $labels.service }} is {{ $value | humanize }} ms, above its threshold of ${limit} ms`,
            }),
    );
}

function streams(catalogue: Catalogue, name: string, { ports }: Service): boolean {
    return (
        Object.values(ports).some(
            (port) =>
                port.protocol === "ws" || (port.protocol === "grpc" && (port.streaming ?? []).length > 0),
        ) ||
        callersOf(catalogue, name).some(({ call }) => call.timeout === "stream") ||
        exposuresOf(catalogue, name).some(({ exposure }) => exposure.timeout === "stream")
    );
}

/** Burn rates: how much faster than allowed a month's error budget is consumed, over two windows each. */
const BURNS = [
    { factor: 14.4, long: "1h", short: "5m", severity: "page" },
    { factor: 6, long: "6h", short: "30m", severity: "page" },
    { factor: 1, long: "3d", short: "6h", severity: "ticket" },
] as const;

function burnAlerts(catalogue: Catalogue) {
    const byObjective = grouped(servicesOf(catalogue), ([, service]) => availability(service));
    return [...byObjective].flatMap(([objective, services]) =>
        BURNS.map(({ factor, long, short, severity }) => {
            const names = oneOf(services.map(([name]) => name));
            const limit = Number(((factor * (100 - objective)) / 100).toPrecision(4));
            const over = (window: Window) => `${failureRatio(window)}{service=~"${names}"} > ${limit}`;
            return alert("MeshErrorBudgetBurn", severity, {
                expr: `${over(long)} and on (service) ${over(short)} and on (service) service:requests:rate${short} > ${MIN_REQUESTS_PER_SECOND}`,
                for: "2m",
                labels: { objective: String(objective), window: long },
                summary: `{{ $labels.service }} consumes its error budget (objective ${objective}%) at ${factor} times the allowed rate, over ${long}`,
            });
        }),
    );
}

function grouped<T>(items: readonly T[], key: (item: T) => number): Map<number, T[]> {
    const groups = new Map<number, T[]>();
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
    return new Map([...groups].sort(([a], [b]) => a - b));
}
