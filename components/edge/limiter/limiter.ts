/** Envoy's rate limit service and the Redis in which it counts. Without either, limits by plan do not apply. */
import { createHash } from "node:crypto";
import { pinned } from "../../shared/pods/images";
import { COUNTERS, LIMITER, limitedByPlan } from "../../shared/rate-limits/limiter";
import { COMMON_LABELS } from "../../base/labels";
import type { ConfigMapManifest, Manifest } from "../../base/manifest";
import { serviceHost } from "../../base/names";
import type { Platform } from "../../base/platform";
import { rules } from "./rules";
import { workloadObjects } from "./workload";

/** Where the service reads its configuration: `<root>/<subdirectory>/config/*.yaml`. */
const RULES = { root: "/data", subdirectory: "ratelimit", file: "edge.yaml" } as const;

const COUNTERS_HOST = serviceHost(COUNTERS.name, COUNTERS.namespace);

export function limiter(platform: Platform): Manifest[] {
    if (limitedByPlan(platform).length === 0) return [];
    const { config, catalogue } = platform;
    const { image, redisImage, replicas } = config.edge.rateLimit;
    const text = rules(catalogue.plans ?? {});
    const service = workloadObjects(
        {
            ...LIMITER,
            replicas,
            ports: [{ name: "grpc", number: LIMITER.grpc, protocol: "grpc" }],
            container: {
                image: pinned(image, config),
                command: ["/bin/ratelimit"],
                env: Object.entries(ENVIRONMENT).map(([name, value]) => ({ name, value })),
                readinessProbe: healthcheck(2),
                livenessProbe: healthcheck(10),
                resources: resources("20m", "32Mi", "1", "256Mi"),
                volumeMounts: [
                    {
                        name: "rules",
                        mountPath: `${RULES.root}/${RULES.subdirectory}/config`,
                        readOnly: true,
                    },
                ],
            },
            volumes: [{ name: "rules", configMap: { name: LIMITER.name } }],
            // Restarts the pods when the rules change: they are read at startup.
            annotations: { "sparc.dev/rules": createHash("sha256").update(text).digest("hex").slice(0, 16) },
            calls: [`${COUNTERS.namespace}/${COUNTERS_HOST}`],
        },
        config,
    );
    const counters = workloadObjects(
        {
            ...COUNTERS,
            replicas: 1,
            ports: [{ name: "redis", number: COUNTERS.port, protocol: "tcp" }],
            container: {
                image: pinned(redisImage, config),
                // The counters of the last minutes need no persistence. They restart at zero.
                args: [
                    ...["--save", "", "--appendonly", "no"],
                    ...["--maxmemory", "96mb", "--maxmemory-policy", "volatile-lru"],
                    // The mesh controls which clients can connect.
                    ...["--protected-mode", "no"],
                ],
                readinessProbe: accepts(2),
                livenessProbe: accepts(10),
                resources: resources("20m", "32Mi", "1", "128Mi"),
                workingDir: "/tmp",
            },
            calls: [],
        },
        config,
    );
    return [ruleFile(text), ...service, ...counters];
}

const ENVIRONMENT = {
    BACKEND_TYPE: "redis",
    GRPC_PORT: String(LIMITER.grpc),
    LOG_LEVEL: "warn",
    PORT: String(LIMITER.health),
    REDIS_SOCKET_TYPE: "tcp",
    REDIS_TYPE: "SINGLE",
    // A gateway waits no longer, so more would only queue requests.
    REDIS_TIMEOUT: "100ms",
    REDIS_URL: `${COUNTERS_HOST}:${COUNTERS.port}`,
    RUNTIME_IGNOREDOTFILES: "true",
    RUNTIME_ROOT: RULES.root,
    RUNTIME_SUBDIRECTORY: RULES.subdirectory,
    RUNTIME_WATCH_ROOT: "false",
    USE_STATSD: "false",
};

function ruleFile(text: string): ConfigMapManifest {
    return {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: LIMITER.name, namespace: LIMITER.namespace, labels: COMMON_LABELS },
        data: { [RULES.file]: text },
    };
}

function accepts(periodSeconds: number) {
    return { tcpSocket: { port: COUNTERS.port }, periodSeconds, timeoutSeconds: 5 };
}

function healthcheck(periodSeconds: number) {
    return { httpGet: { path: "/healthcheck", port: LIMITER.health }, periodSeconds, timeoutSeconds: 5 };
}

function resources(cpu: string, memory: string, cpuLimit: string, memoryLimit: string) {
    return { requests: { cpu, memory }, limits: { cpu: cpuLimit, memory: memoryLimit } };
}
