import type { LoadBalancing, Service } from "../../catalogue/model";
import { exposuresOf, minReplicas, servicesOf } from "../../catalogue/query";
import { sortedEntries } from "../../catalogue/order";
import { COMMON_LABELS } from "../base/labels";
import type { DestinationRuleManifest } from "../base/manifest";
import { NAMESPACES, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";
import { PRIMARY, primaryLabels, rolloutFor, rolloutHosts } from "../base/rollouts";
import { unknownCase } from "../../catalogue/never";

type TrafficPolicy = NonNullable<DestinationRuleManifest["spec"]["trafficPolicy"]>;

/** Requests that one replica answers at the same time, where the catalogue says nothing. */
const CONCURRENCY = 100;
/** Connections of one caller's replica to a store. */
const STORE_CONNECTIONS = 100;

/** So that a connection whose other end is gone without a word is found out before the next request needs it. */
const KEEPALIVE = { time: "60s", interval: "15s", probes: 3 };

/** How each caller's sidecar deals with each service and store: how many at once, whom to leave out, whom to choose. */
export function destinationRules(platform: Platform): DestinationRuleManifest[] {
    const { catalogue } = platform;
    return [
        ...servicesOf(catalogue).map(([name, service]) => {
            // The gateways are callers too, of what is exposed.
            const exposed = exposuresOf(catalogue, name).length > 0;
            const exportTo = [".", ...(exposed ? [NAMESPACES.ingress] : [])];
            return rule(name, NAMESPACES.services, exportTo, policyOf(service), subsets(name, platform));
        }),
        ...servicesOf(catalogue).flatMap(([name, service]) => {
            const rollout = rolloutFor(platform, name);
            if (rollout === undefined) return [];
            const { primary, canary } = rolloutHosts(rollout);
            return [
                underFlagger(`${name}-primary`, primary, policyOf(service)),
                underFlagger(`${name}-canary`, canary, policyOf(service)),
            ];
        }),

        ...sortedEntries(catalogue.stores).map(([name, { connections }]) =>
            rule(name, NAMESPACES.stores, [".", NAMESPACES.services], {
                connectionPool: {
                    tcp: {
                        maxConnections: connections ?? STORE_CONNECTIONS,
                        connectTimeout: "2s",
                        tcpKeepalive: KEEPALIVE,
                    },
                },
            }),
        ),
    ];
}

function rule(
    name: string,
    namespace: string,
    exportTo: string[],
    trafficPolicy: TrafficPolicy,
    subsetList: NonNullable<DestinationRuleManifest["spec"]["subsets"]> = [],
): DestinationRuleManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: { name, namespace, labels: COMMON_LABELS },
        spec: {
            host: serviceHost(name, namespace),
            exportTo,
            trafficPolicy,
            ...(subsetList.length > 0 ? { subsets: subsetList } : {}),
        },
    };
}

/**
 * How callers deal with a host that Flagger shares requests out to. Flagger writes a rule of its own for it, whose
 * schema knows half of these fields; Istio makes one rule of the two, and takes the policy of the one that has one. It
 * does so only where both are exported alike, and Flagger's says nothing of that.
 */
function underFlagger(name: string, host: string, trafficPolicy: TrafficPolicy): DestinationRuleManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
        spec: { host, trafficPolicy },
    };
}

/** What the stack routes to by name: versions, or the primary alone of what Flagger rolls out. */
function subsets(name: string, platform: Platform) {
    const rollout = rolloutFor(platform, name);
    if (rollout !== undefined) return [{ name: PRIMARY, labels: primaryLabels(rollout) }];
    const { traffic } = platform.config;
    return sortedEntries(traffic.services[name]?.versions ?? {}).map(([version]) => ({
        name: version,
        labels: { version },
    }));
}

function policyOf(service: Service): TrafficPolicy {
    const replicas = minReplicas(service);
    // One replica of one caller may take half of what the replicas can answer: whoever floods a service is stopped while
    // there is still as much left for everybody else. Envoy's limit is a number and does not grow with the replicas, so
    // that a service that scales says how far.
    const most = Math.max(replicas, service.maxReplicas ?? replicas);
    const share = Math.max(1, Math.floor(((service.concurrency ?? CONCURRENCY) * most) / 2));
    const protocols = new Set(Object.values(service.ports).map(({ protocol }) => protocol));
    const balancing = loadBalancer(service.loadBalancing ?? { policy: "round-robin" });
    const tcp = { maxConnections: share, connectTimeout: "1s", tcpKeepalive: KEEPALIVE };
    if (protocols.size === 1 && protocols.has("tcp"))
        return { connectionPool: { tcp }, loadBalancer: balancing, ...outliers(replicas) };
    return {
        connectionPool: {
            tcp,
            http: {
                http2MaxRequests: share,
                // Only while connections are being made: whoever waits longer would rather know at once.
                http1MaxPendingRequests: Math.max(1, Math.floor(share / 4)),
                idleTimeout: "1h",
                // One connection carries many requests; a WebSocket cannot be carried so between all proxies.
                h2UpgradePolicy: protocols.has("ws") ? "DO_NOT_UPGRADE" : "UPGRADE",
            },
        },
        // Of the requests in flight a fifth may be retries, however many of them fail.
        retryBudget: { percent: 20, minRetryConcurrency: 3 },
        loadBalancer: balancing,
        ...outliers(replicas),
    };
}

/**
 * A replica that fails is left out for a while, and longer each time; never more than half of the fewest there may
 * be, since the rest must bear it. Of a single one there is nothing to leave out.
 */
function outliers(replicas: number): Pick<TrafficPolicy, "outlierDetection"> {
    if (replicas < 2) return {};
    return {
        outlierDetection: {
            // An application's own errors say nothing of its replica: one request that none can answer would have each
            // of them left out in turn. Connections that fail and answers of 502, 503 and 504 do.
            consecutive5xxErrors: 0,
            consecutiveGatewayErrors: 3,
            interval: "5s",
            baseEjectionTime: "30s",
            maxEjectionPercent: 50,
        },
    };
}

/** A new replica gets its full share only after this long: its caches are cold. */
const WARMUP = { duration: "30s" };

function loadBalancer(balancing: LoadBalancing): NonNullable<TrafficPolicy["loadBalancer"]> {
    // Ejection alone would turn on preference for the caller's own zone, and with as few replicas as zones one of them
    // would get all that its zone asks. All replicas are equal instead.
    const localityLbSetting = { enabled: false };
    switch (balancing.policy) {
        case "round-robin":
            return { simple: "ROUND_ROBIN", warmup: WARMUP, localityLbSetting };
        case "least-request":
            return { simple: "LEAST_REQUEST", warmup: WARMUP, localityLbSetting };
        case "consistent-hash":
            // Maglev rather than a ring: Envoy's ring gives each replica more points when another goes, by which streams of
            // those that stay move too.
            return {
                consistentHash: { httpHeaderName: balancing.header, maglev: { tableSize: 65_537 } },
                localityLbSetting,
            };
        default:
            return unknownCase(balancing);
    }
}
