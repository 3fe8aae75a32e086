/** What Prometheus needs to be a part of the mesh, wherever it comes from. */
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { ServiceManifest, SidecarManifest } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_LABELS, PROMETHEUS_SERVICE } from "../base/names";

const { name, namespace, port } = PROMETHEUS_SERVICE;

/** What it reads stands outside mutual TLS, at addresses that no Service has: all that leaves it passes its sidecar by. */
export const PAST_THE_SIDECAR = { "traffic.sidecar.istio.io/includeOutboundIPRanges": "" } as const;

/** The name under which it is asked, whatever its pods are called. */
export function service(): ServiceManifest {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace, labels: { ...COMMON_LABELS, ...PROMETHEUS_LABELS } },
        spec: {
            type: "ClusterIP",
            selector: { ...PROMETHEUS_LABELS, [SERVICE_LABEL]: name },
            ports: [{ name: "http", port, targetPort: port, protocol: "TCP", appProtocol: "http" }],
        },
    };
}

/** What a workload of the namespace knows: the hosts that it calls, as a Sidecar names them. */
export function sidecar(
    workload: string,
    labels: Readonly<Record<string, string>>,
    hosts: readonly string[],
): SidecarManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name: workload, namespace: NAMESPACES.monitoring, labels: COMMON_LABELS },
        spec: {
            workloadSelector: { labels: { ...labels } },
            egress: [{ hosts: hosts.length > 0 ? [...hosts] : ["~/*"] }],
        },
    };
}
