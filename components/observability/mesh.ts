/** What Prometheus needs to be part of the mesh, whatever its source. */
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { ServiceManifest, SidecarManifest } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_LABELS, PROMETHEUS_SERVICE } from "../base/names";

const { name, namespace, port } = PROMETHEUS_SERVICE;

/**
 * It scrapes outside mutual TLS, at addresses that belong to no Service: its outbound traffic bypasses the sidecar.
 */
export const BYPASS_SIDECAR = { "traffic.sidecar.istio.io/includeOutboundIPRanges": "" } as const;

/** The Service for queries, whatever its pods are named. */
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

/** A workload's Sidecar in the monitoring namespace, with the hosts that it calls. */
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
