import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { SidecarManifest } from "../base/manifest";
import { CLUSTER_DOMAIN, NAMESPACES, PROMETHEUS_SERVICE, serviceHost } from "../base/names";
import { FLAGGER, LOAD_TESTER } from "../base/rollouts";

/** What the delivery's own workloads know of the mesh. */
export function sidecars(): SidecarManifest[] {
    const { name, namespace } = PROMETHEUS_SERVICE;
    return [
        sidecar("default", ["~/*"]),
        sidecar(
            FLAGGER.name,
            [
                `default/kubernetes.default.svc.${CLUSTER_DOMAIN}`,
                `${NAMESPACES.delivery}/${serviceHost(LOAD_TESTER.name, NAMESPACES.delivery)}`,
                `${namespace}/${serviceHost(name, namespace)}`,
            ],
            FLAGGER.name,
        ),
    ];
}

function sidecar(name: string, hosts: string[], workload?: string): SidecarManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name, namespace: NAMESPACES.delivery, labels: COMMON_LABELS },
        spec: {
            ...(workload === undefined
                ? {}
                : { workloadSelector: { labels: { [SERVICE_LABEL]: workload } } }),
            egress: [{ hosts }],
        },
    };
}
