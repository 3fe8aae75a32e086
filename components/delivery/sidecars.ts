import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { SidecarManifest } from "../base/manifest";
import { CLUSTER_DOMAIN, NAMESPACES, PROMETHEUS_SERVICE, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";
import { FLAGGER, GATES, LOAD_TESTER } from "../shared/flagger/flagger";
import { loadedRollouts, receiverOf, rolloutHosts } from "../shared/flagger/rollouts";

/** The Sidecars of Flagger and the load testers. */
export function sidecars(platform: Platform): SidecarManifest[] {
    const { name, namespace } = PROMETHEUS_SERVICE;
    const receiver = receiverOf(platform);
    const canaryHosts = loadedRollouts(platform).map(
        (one) => `${NAMESPACES.services}/${rolloutHosts(one).canary}`,
    );
    return [
        sidecar("default", ["~/*"]),
        sidecar(
            FLAGGER.name,
            [
                `default/kubernetes.default.svc.${CLUSTER_DOMAIN}`,
                ...[GATES, ...(canaryHosts.length > 0 ? [LOAD_TESTER] : [])].map(
                    (one) => `${NAMESPACES.delivery}/${serviceHost(one.name, NAMESPACES.delivery)}`,
                ),
                `${namespace}/${serviceHost(name, namespace)}`,
                ...(receiver === undefined ? [] : [`${NAMESPACES.services}/${receiver.host}`]),
            ],
            FLAGGER.name,
        ),
        ...(canaryHosts.length > 0 ? [sidecar(LOAD_TESTER.name, canaryHosts, LOAD_TESTER.name)] : []),
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
