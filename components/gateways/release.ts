import type { ExposureEdge } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { chartOf, containerResources } from "../base/helm";
import { SERVICE_LABEL } from "../base/labels";
import type { Release } from "../base/manifest";
import { ENTRY_GATEWAYS, GATEWAY_PORTS, type GatewayKey, NAMESPACES } from "../base/names";
import { leaving, proxyConfig, serviceFields } from "./load-balancer";

/** A gateway's pods and Service. Injection fills in the proxy, so istiod must be there. */
export function release(key: GatewayKey, edges: readonly ExposureEdge[], config: MeshConfig): Release {
    const { replicas, resources } = config.gateways;
    const proxy = proxyConfig(config);
    return {
        name: ENTRY_GATEWAYS[key],
        namespace: NAMESPACES.ingress,
        chart: chartOf(config, "gateway"),
        values: {
            labels: { [SERVICE_LABEL]: ENTRY_GATEWAYS[key] },
            autoscaling: { enabled: false },
            replicaCount: replicas,
            // The chart's image is the placeholder "auto", which the API server takes for a tag that must always be
            // pulled; injection then names the real one and keeps the policy.
            imagePullPolicy: "IfNotPresent",
            resources: containerResources(resources),
            // The namespace enforces `restricted`, which wants a seccomp profile. What is said here replaces the chart's
            // own, and so repeats what lets the proxy bind port 443 without a capability.
            securityContext: {
                sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
                seccompProfile: { type: "RuntimeDefault" },
            },
            ...(Object.keys(proxy).length > 0
                ? { podAnnotations: { "proxy.istio.io/config": JSON.stringify(proxy) } }
                : {}),
            ...leaving(config),
            service: { ...serviceFields(key, config), ports: ports(edges) },
            ...(replicas > 1 ? { podDisruptionBudget: { maxUnavailable: 1 } } : {}),
        },
        after: [],
    };
}

function ports(edges: readonly ExposureEdge[]) {
    const listening = edges.flatMap(({ exposure }) => exposure.listen ?? []).sort((a, b) => a - b);
    return [
        servicePort("status-port", 15021),
        servicePort("http", GATEWAY_PORTS.http),
        servicePort("https", GATEWAY_PORTS.https),
        ...[...new Set(listening)].map((number) => servicePort(`tls-${number}`, number)),
    ];
}

function servicePort(name: string, number: number) {
    return { name, port: number, protocol: "TCP", targetPort: number };
}
