import type { Catalogue, LoadBalancing, Service } from "../../catalogue/model";
import {
    exposuresOf,
    maxReplicas,
    minReplicas,
    peerEdges,
    peersName,
    servicesOf,
} from "../../catalogue/query";
import { sortedEntries } from "../../catalogue/order";
import { COMMON_LABELS } from "../base/labels";
import type { DestinationRuleManifest } from "../base/manifest";
import { NAMESPACES, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";
import {
    PRIMARY,
    canaryOf,
    primaryLabels,
    primaryOf,
    rolloutFor,
    rolloutHosts,
} from "../shared/flagger/rollouts";
import { unknownCase } from "../../catalogue/never";

type TrafficPolicy = NonNullable<DestinationRuleManifest["spec"]["trafficPolicy"]>;

/** Concurrent requests that one replica can handle, unless the catalogue sets it. */
const CONCURRENCY = 100;
/** The connections of one replica of a caller to a store. */
const STORE_CONNECTIONS = 100;

/** TCP keepalive detects a dead connection before the next request uses it. */
const KEEPALIVE = { time: "60s", interval: "15s", probes: 3 };

/** How each caller's sidecar treats each service and store: connection limits, outlier detection, load balancing. */
export function destinationRules(platform: Platform): DestinationRuleManifest[] {
    const { catalogue } = platform;
    const called = servicesOf(catalogue).filter(([, { ports }]) => Object.keys(ports).length > 0);
    return [
        ...called.map(([name, service]) => {
            // The gateways are callers too, of exposed services.
            const exposed = exposuresOf(catalogue, name).length > 0;
            const exportTo = [".", ...(exposed ? [NAMESPACES.ingress] : [])];
            return rule(name, NAMESPACES.services, exportTo, policyOf(service), subsets(name, platform));
        }),
        ...called.flatMap(([name, service]) => {
            const rollout = rolloutFor(platform, name);
            if (rollout === undefined) return [];
            const { primary, canary } = rolloutHosts(rollout);
            return [
                flaggerDestinationRule(primaryOf(name), primary, policyOf(service)),
                flaggerDestinationRule(canaryOf(name), canary, policyOf(service)),
            ];
        }),

        ...groupedPeers(catalogue).map((service) =>
            rule(peersName(service), NAMESPACES.services, ["."], PEERS),
        ),
        ...sortedEntries(catalogue.stores).map(([name, { maxConnections }]) =>
            rule(name, NAMESPACES.stores, [".", NAMESPACES.services], {
                connectionPool: {
                    tcp: {
                        maxConnections: maxConnections ?? STORE_CONNECTIONS,
                        connectTimeout: "2s",
                        tcpKeepalive: KEEPALIVE,
                    },
                },
            }),
        ),
    ];
}

function groupedPeers(catalogue: Catalogue): string[] {
    return [...new Set(peerEdges(catalogue).map(({ service }) => service))];
}

/**
 * Mutual TLS by name: automatic mutual TLS does not know a pod that is addressed directly, before it is in the
 * endpoints. Replicas are not ejected: a member of a cluster cannot take the load of another.
 */
const PEERS: TrafficPolicy = {
    tls: { mode: "ISTIO_MUTUAL" },
    connectionPool: { tcp: { maxConnections: 1024, connectTimeout: "2s", tcpKeepalive: KEEPALIVE } },
};

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
 * The DestinationRule for a host to which Flagger splits requests. Flagger writes another one for it, whose schema
 * has half of these fields; Istio merges the two and uses the traffic policy of the one that has it. It does so only
 * if both have the same exportTo, which Flagger's does not set.
 */
function flaggerDestinationRule(
    name: string,
    host: string,
    trafficPolicy: TrafficPolicy,
): DestinationRuleManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
        spec: { host, trafficPolicy },
    };
}

/** The subsets that the stack's routes name: versions, or the primary of a service that Flagger rolls out. */
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
    // One replica of a caller can use half of what the service's replicas can handle: a client that floods a service
    // is limited while half of the capacity is left for all others. Envoy's limit is a constant that does not scale
    // with the replicas, so a service that autoscales states its maximum.
    const capacity = (service.concurrency ?? CONCURRENCY) * maxReplicas(service);
    const share = Math.max(1, Math.floor(capacity / 2));
    const protocols = new Set(Object.values(service.ports).map(({ protocol }) => protocol));
    const balancing = loadBalancer(service.loadBalancing ?? { policy: "round-robin" });
    const tcp = { maxConnections: share, connectTimeout: "1s", tcpKeepalive: KEEPALIVE };
    if (protocols.size === 1 && protocols.has("tcp"))
        return { connectionPool: { tcp }, loadBalancer: balancing, ...outlierDetectionOf(replicas) };
    return {
        connectionPool: {
            tcp,
            http: {
                http2MaxRequests: share,
                // Only while connections are being established: a caller that would wait longer should fail fast.
                http1MaxPendingRequests: Math.max(1, Math.floor(share / 4)),
                idleTimeout: "1h",
                // One HTTP/2 connection carries many requests; not all proxies support WebSockets over HTTP/2.
                h2UpgradePolicy: protocols.has("ws") ? "DO_NOT_UPGRADE" : "UPGRADE",
            },
        },
        // At most a fifth of the requests in flight can be retries, however many of them fail.
        retryBudget: { percent: 20, minRetryConcurrency: 3 },
        loadBalancer: balancing,
        ...outlierDetectionOf(replicas),
    };
}

/**
 * Outlier detection ejects a failing replica for a while, each time for longer, but never more than half of the
 * minimum number of replicas, because the others must take its load. A single replica is never ejected.
 */
function outlierDetectionOf(replicas: number): Pick<TrafficPolicy, "outlierDetection"> {
    if (replicas < 2) return {};
    return {
        outlierDetection: {
            // A service's 500s are no evidence against a replica: a request that none can handle would eject each of
            // them in turn. Failed connections and the codes 502, 503 and 504 are.
            consecutive5xxErrors: 0,
            consecutiveGatewayErrors: 3,
            interval: "5s",
            baseEjectionTime: "30s",
            maxEjectionPercent: 50,
        },
    };
}

/** A new replica gets its full share of requests only after this time: its caches are cold. */
const WARMUP = { duration: "30s" };

function loadBalancer(balancing: LoadBalancing): NonNullable<TrafficPolicy["loadBalancer"]> {
    // Outlier detection would turn on locality load balancing, and with as few replicas as zones, one replica would
    // get all requests of its zone. Here all replicas are equal.
    const localityLbSetting = { enabled: false };
    switch (balancing.policy) {
        case "round-robin":
            return { simple: "ROUND_ROBIN", warmup: WARMUP, localityLbSetting };
        case "least-request":
            return { simple: "LEAST_REQUEST", warmup: WARMUP, localityLbSetting };
        case "consistent-hash":
            // Maglev instead of a ring hash: when a replica is removed, Envoy's ring gives the others more points,
            // which also moves streams of the remaining replicas.
            return {
                consistentHash: { httpHeaderName: balancing.header, maglev: { tableSize: 65_537 } },
                localityLbSetting,
            };
        default:
            return unknownCase(balancing);
    }
}
