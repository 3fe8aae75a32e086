/** What callers of the services see: failures and slowness, and how fast both use up what is promised. */
import type { Catalogue, Service } from "../../../catalogue/model";
import { milliseconds } from "../../../catalogue/durations";
import { availability, callersOf, exposuresOf, servicesOf, slowAfter } from "../../../catalogue/query";
import { NAMESPACES, NO_PROBE } from "../../base/names";
import { GRPC_FAULTS, LOAD_TESTER, OF_A_ROLLOUT } from "../../base/rollouts";
import { type RuleGroup, alert, oneOf } from "./model";

type Window = "5m" | "30m" | "1h" | "6h" | "3d";
const WINDOWS: readonly Window[] = ["5m", "30m", "1h", "6h", "3d"];

/**
 * Not of users: a new version that fails under its load rolls back before they meet it, and `mesh verify` has services fail on purpose.
 * Neither wakes anybody.
 */
const OF_SERVICES = `destination_service_namespace="${NAMESPACES.services}",source_workload!="${LOAD_TESTER.name}",${NO_PROBE}`;

/** Calls of services, as their callers count them: a call that a breaker refused is none to the callee. */
const CALLS = `reporter="source",${OF_SERVICES}`;

/** Fewer requests in a second tell nothing of a ratio. */
const ENOUGH = 0.05;

/** What a rollout calls `auth-rollout-primary` and `auth-rollout-canary` is `auth` to its callers. */
function byService(expr: string, ...more: readonly string[]): string {
    const renamed = `label_replace(${expr}, "service", "$1", "destination_service_name", "(.+?)${OF_A_ROLLOUT}")`;
    return `sum by (${["service", ...more].join(", ")}) (${renamed})`;
}

function failureRatio(window: Window): string {
    return `service:failures:ratio_rate${window}`;
}

/** Series that the alerts below and the dashboards read. */
export function requestRecordings(): RuleGroup {
    return {
        name: "sparc-requests",
        rules: [
            ...WINDOWS.flatMap((window) => {
                const rate = (labels: string) => `rate(istio_requests_total{${CALLS}${labels}}[${window}])`;
                const failed = `(${rate(',response_code=~"5.."')} or ${rate(`,grpc_response_status=~"${GRPC_FAULTS}"`)})`;
                const all = `service:requests:rate${window}`;
                return [
                    { record: all, expr: byService(rate("")) },
                    {
                        record: failureRatio(window),
                        // None that failed is a figure too, where there were requests.
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
            alert("MeshErrorRate", "page", {
                expr: `${failureRatio("5m")}{service=~"${oneOf(critical.map(([name]) => name))}"} > 0.01 and on (service) service:requests:rate5m > ${ENOUGH}`,
                for: "2m",
                summary: "{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} fail",
            }),
            ...slowAlerts(catalogue),
            ...burnAlerts(catalogue),
        ],
    };
}

/** Of services whose answers end: how long a stream lasts says nothing. */
function slowAlerts(catalogue: Catalogue) {
    const answering = servicesOf(catalogue).filter(([name, service]) => !streams(catalogue, name, service));
    return [...grouped(answering, ([, service]) => milliseconds(slowAfter(service)) ?? 0)].map(
        ([limit, services]) =>
            alert("MeshSlow", "ticket", {
                expr: `service:duration_milliseconds:p99_5m{service=~"${oneOf(services.map(([name]) => name))}"} > ${limit} and on (service) service:requests:rate5m > ${ENOUGH}`,
                for: "5m",
                labels: { limit: `${limit}ms` },
                summary: `One answer of {{ $labels.service }} in a hundred takes {{ $value | humanize }} ms or more; it may take ${limit}`,
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

/** By how much faster than allowed a month's failures are used up, over which two windows. */
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
            return alert("MeshBudgetBurn", severity, {
                expr: `${over(long)} and on (service) ${over(short)} and on (service) service:requests:rate${short} > ${ENOUGH}`,
                for: "2m",
                labels: { objective: String(objective), window: long },
                summary: `{{ $labels.service }} fails ${factor} times as often as ${objective}% allow, over ${long}`,
            });
        }),
    );
}

function grouped<T>(items: readonly T[], key: (item: T) => number): Map<number, T[]> {
    const groups = new Map<number, T[]>();
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
    return new Map([...groups].sort(([a], [b]) => a - b));
}
