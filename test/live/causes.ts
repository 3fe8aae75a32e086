/** What alerts are about, made for real on the node, and ended again. Each has workloads of its own, so that none hides another. */
import assert from "node:assert/strict";
import { MESH_CA, NAMESPACES, serviceHost } from "../../components/base/names";
import { BROKEN_FILTER, KEYLESS } from "./broken-config";
import type { Deployment } from "./deployment";
import type { Cause } from "./cause";
import { endingSoon } from "./ending-soon";
import { eventually } from "./eventually";
import { valueOf } from "./prometheus";
import { signalled } from "./signals";

const USED_BY_BILLING =
    'max(container_memory_working_set_bytes{namespace="sparc",pod=~"billing-.*",container="istio-proxy"})';

/** Of a container that is close to it: what it uses is so much of it. */
const NEARLY_ALL = 0.86;

/** One thousandth of a second in ten, which is the least that a kernel limits to. */
const LEAST_CPU = { cpu: "10m" };

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
    /** Says of a Deployment's pods how their proxies are to be; null takes back what was said. */
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
    /** Lets a container of a running pod have less. The pod that takes its place may have what the program says. */
    const squeezed = (
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
            // More than the objective lets it have, too.
            alerts: {
                MeshErrorRate: { service: "recordings" },
                MeshBudgetBurn: { service: "recordings", window: "1h" },
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
            alerts: { MeshSlow: { service: "users" } },
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
            // As many as may be are open for as long as the rest is refused.
            alerts: {
                MeshBreakerOverflow: { service: "api-gateway" },
                MeshBreakerOpen: { service: "api-gateway" },
            },
            again: async () => {
                const held = { ...recordings, path: "/v1/recordings?delay=900ms" };
                await node.probe("api-gateway", times(250, held), 250);
            },
        },
        {
            alerts: { MeshRefusedHost: { source_workload: "reports" } },
            again: async () => {
                await node.probe("reports", [{ ...to("alerts", 8080), host: "refused.example.com" }]);
            },
        },
        {
            alerts: { MeshPushRejected: {} },
            make: applied(BROKEN_FILTER),
            end: deleted("envoyfilter", "sparc", "broken"),
        },
        {
            alerts: { MeshKeySet: {} },
            make: applied(KEYLESS),
            end: deleted("requestauthentication", "sparc", "keyless"),
        },
        {
            alerts: { MeshPushSlow: {} },
            ...squeezed({ namespace: NAMESPACES.system, label: "app=istiod", container: "discovery" }, () =>
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
            alerts: { MeshWorkloadCertificate: { namespace: "sparc" } },
            // A quarter of a day is what is left where renewing has failed for a quarter of one.
            make: () =>
                annotate("thumbnails", { "proxy.istio.io/config": '{"proxyMetadata":{"SECRET_TTL":"5h"}}' }),
            end: () => annotate("thumbnails", { "proxy.istio.io/config": null }),
        },
        {
            alerts: { MeshAuthorityCertificate: {} },
            ...endingSoon(node, NAMESPACES.system, MESH_CA.secret),
        },
        {
            alerts: { MeshProxyCpu: { namespace: "sparc", container: "istio-proxy" } },
            ...squeezed(sidecarOf("search"), () => Promise.resolve(LEAST_CPU)),
            again: async () => {
                // More than it can take: most are given up.
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
            alerts: { MeshProxyMemory: { namespace: "sparc", container: "istio-proxy" } },
            ...squeezed(sidecarOf("billing"), async () => {
                let used = 0;
                // Of a node that is new nobody has read anything yet.
                await eventually(async () => {
                    used = await valueOf(node, USED_BY_BILLING);
                    assert.ok(used > 0);
                });
                return { memory: `${Math.ceil(used / NEARLY_ALL / 1024)}Ki` };
            }),
        },
        {
            alerts: { MeshBlind: { namespace: "databases" } },
            // An agent that hangs: Envoy goes on, and nobody hears of it.
            make: () => signalled(node, "kafka", "SIGSTOP"),
            end: async () => {
                await signalled(node, "kafka", "SIGCONT");
                // The application was asked whether it is well by way of the agent, and was begun again and again.
                const kafka = ["--namespace", NAMESPACES.stores, "--selector", "sparc.dev/service=kafka"];
                await node.kubectl(["delete", "pods", ...kafka]);
            },
        },
    ];
}
