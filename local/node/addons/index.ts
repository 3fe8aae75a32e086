import { dns } from "./dns";
import { metrics, type MetricsOptions } from "./metrics";
import type { KubernetesObject } from "./object";

export type { KubernetesObject } from "./object";

/** The deployments among the add-ons, all in kube-system: the node is usable once they are available. */
export const addonDeployments = ["coredns", "metrics-server"] as const;

/** Everything that is applied to the API server of a node that starts. */
export function addons(options: {
    readonly dnsImage: string;
    readonly metrics: MetricsOptions;
}): KubernetesObject[] {
    return [kubeletAccess(), ...dns(options.dnsImage), ...metrics(options.metrics)];
}

/** Lets the API server, by its client certificate, fetch logs from the kubelet and run commands through it. */
function kubeletAccess(): KubernetesObject {
    return {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "kube-apiserver-kubelet-client" },
        roleRef: {
            apiGroup: "rbac.authorization.k8s.io",
            kind: "ClusterRole",
            name: "system:kubelet-api-admin",
        },
        subjects: [
            { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "kube-apiserver-kubelet-client" },
        ],
    };
}
