/** Real causes of alerts on the local cluster. Each affects different workloads, so that none hides another. */
import assert from "node:assert/strict";
import { MESH_CA, NAMESPACES, serviceHost } from "../../components/base/names";
import { BROKEN_FILTER, KEYLESS } from "./broken-config";
import type { Deployment } from "./deployment";
import type { Cause } from "./cause";
import { endingSoon } from "./expiring-certificate";
import { eventually } from "./eventually";
import { valueOf } from "./prometheus";
import { signalled } from "./signals";

const USED_BY_BILLING =
    'max(container_memory_working_set_bytes{namespace="sparc",pod=~"billing-.*",container="istio-proxy"})';

/** The share of a container's limit that it uses when it is near the limit. */
const NEAR_LIMIT = 0.86;

/** 1 ms in 100 ms: the minimum CPU quota of the kernel. */
const MIN_CPU = { cpu: "10m" };

const PROXY = "istio-proxy";

interface Container {
    readonly namespace: string;
    readonly label: string;
    readonly container: string;
}

function sidecarOf(service: string): Container {
    return { namespace: "sparc", label: `sparc.dev/service=${service}`, container: PROXY };
}

function times<T>(count: number, one: T): T[] {
    return Array.from({ length: count }, () => one);
}

export function causes(node: Deployment): Cause[] {
    const to = (service: string, port: number) => ({
        address: `${serviceHost(service)}:${port}`,
        timeoutMs: 20_000,
    });
    const recordings = { ...to("recordings", 8080), path: "/v1/recordings" };
    const applied = (object: object) => async () => {
        await node.kubectl(["apply", "--filename", "-"], JSON.stringify(object));
    };
    const deleted = (kind: string, namespace: string, name: string) => async () => {
        await node.kubectl(["delete", kind, "--namespace", namespace, name]);
    };
    /** Sets pod annotations of a Deployment that configure its proxies; null removes one. */
    const annotate = async (service: string, annotations: Readonly<Record<string, string | null>>) => {
        await node.mergePatch("deployment", "sparc", service, {
            spec: { template: { metadata: { annotations } } },
        });
        await node.kubectl([
            "rollout",
            "status",
            "--namespace",
            "sparc",
            `deployment/${service}`,
            "--timeout=300s",
        ]);
    };
    /** Lowers the limits of a container in a running pod. A new pod has the program's limits again. */
    const withLimits = (
        { namespace, label, container }: Container,
        limit: () => Promise<{ cpu: string } | { memory: string }>,
    ) => {
        const pods = ["pods", "--namespace", namespace, "--selector", label];
        return {
            make: async () => {
                const [pod = ""] = (await node.kubectl(["get", ...pods, "--output", "name"])).split("\n");
                const limits = await limit();
                const containers = [{ name: container, resources: { limits, requests: limits } }];
                const spec = container === PROXY ? { initContainers: containers } : { containers };
                await node.kubectl([
                    ...["patch", "--namespace", namespace, pod, "--subresource", "resize"],
                    ...["--patch", JSON.stringify({ spec })],
                ]);
            },
            end: async () => {
                await node.kubectl(["delete", ...pods]);
            },
        };
    };
    let keepAlive = 4;

    return [
        {
            // Above the SLO's error rate, too.
            alerts: {
                MeshHighErrorRate: { service: "recordings" },
                MeshErrorBudgetBurn: { service: "recordings", window: "1h" },
            },
            again: async () => {
                const failing = {
                    ...recordings,
                    method: "POST",
                    path: "/v1/recordings/7/exports?status=503",
                };
                await node.probe("api-gateway", [...times(40, recordings), ...times(6, failing)]);
            },
        },
        {
            alerts: { MeshHighLatency: { service: "users" } },
            again: async () => {
                const slow = {
                    ...to("users", 9090),
                    protocol: "grpc",
                    method: "/sparc.users.v1.Users/Get",
                    headers: { "standin-delay": "600ms" },
                };
                await node.probe("api-gateway", times(8, slow));
            },
        },
        {
            // The connection limit is reached, so further connections overflow.
            alerts: {
                MeshCircuitBreakerOverflow: { service: "api-gateway" },
                MeshCircuitBreakerOpen: { service: "api-gateway" },
            },
            again: async () => {
                const held = { ...recordings, path: "/v1/recordings?delay=900ms" };
                await node.probe("api-gateway", times(250, held), 250);
            },
        },
        {
            alerts: { MeshUnknownHostBlocked: { source_workload: "reports" } },
            again: async () => {
                await node.probe("reports", [{ ...to("alerts", 8080), host: "refused.example.com" }]);
            },
        },
        {
            alerts: { MeshConfigRejected: {} },
            make: applied(BROKEN_FILTER),
            end: deleted("envoyfilter", "sparc", "broken"),
        },
        {
            alerts: { MeshJwksUnavailable: {} },
            make: applied(KEYLESS),
            end: deleted("requestauthentication", "sparc", "keyless"),
        },
        {
            alerts: { MeshConfigPropagationSlow: {} },
            ...withLimits({ namespace: NAMESPACES.system, label: "app=istiod", container: "discovery" }, () =>
                Promise.resolve({ cpu: "15m" }),
            ),
            again: async () => {
                keepAlive = 9 - keepAlive;
                const tcp = { tcpKeepalive: { probes: keepAlive } };
                for (const callee of ["audit", "devices", "settings", "tenants", "users"])
                    await node.mergePatch("destinationrule", "sparc", callee, {
                        spec: { trafficPolicy: { connectionPool: { tcp } } },
                    });
            },
        },
        {
            alerts: { MeshWorkloadCertificateExpiring: { namespace: "sparc" } },
            // 6 h are left of the certificate when renewal has failed for 6 h.
            make: () =>
                annotate("thumbnails", { "proxy.istio.io/config": '{"proxyMetadata":{"SECRET_TTL":"5h"}}' }),
            end: () => annotate("thumbnails", { "proxy.istio.io/config": null }),
        },
        {
            alerts: { MeshCaCertificateExpiring: {} },
            ...endingSoon(node, NAMESPACES.system, MESH_CA.secret),
        },
        {
            alerts: { MeshProxyHighCpu: { namespace: "sparc", container: "istio-proxy" } },
            ...withLimits(sidecarOf("search"), () => Promise.resolve(MIN_CPU)),
            again: async () => {
                // More than its capacity: most time out.
                await node.kubectl(
                    [
                        ...["exec", "--stdin", "--namespace", "sparc", "deployment/api-gateway"],
                        ...["--container", "stand-in", "--", "/standin", "load"],
                        ...["--rate", "60", "--duration", "15s", "--connections", "20"],
                    ],
                    JSON.stringify([
                        {
                            ...to("search", 8080),
                            id: "1",
                            protocol: "http",
                            path: "/v1/search",
                            timeoutMs: 2_000,
                        },
                    ]),
                );
            },
        },
        {
            alerts: { MeshProxyHighMemory: { namespace: "sparc", container: "istio-proxy" } },
            ...withLimits(sidecarOf("billing"), async () => {
                let used = 0;
                // A new cluster has no metrics yet.
                await eventually(async () => {
                    used = await valueOf(node, USED_BY_BILLING);
                    assert.ok(used > 0);
                });
                return { memory: `${Math.ceil(used / NEAR_LIMIT / 1024)}Ki` };
            }),
        },
        {
            alerts: { MeshMetricsMissing: { namespace: "databases" } },
            // The agent hangs: Envoy keeps running, but is not scraped.
            make: () => signalled(node, "kafka", "SIGSTOP"),
            end: async () => {
                await signalled(node, "kafka", "SIGCONT");
                // The kubelet's probes of the application went through the agent, so it restarted repeatedly.
                const kafka = ["--namespace", NAMESPACES.stores, "--selector", "sparc.dev/service=kafka"];
                await node.kubectl(["delete", "pods", ...kafka]);
            },
        },
    ];
}
