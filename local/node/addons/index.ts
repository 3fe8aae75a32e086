import { type Api, apiServiceIsAvailable, deploymentIsAvailable } from "../api";
import { type DnsOptions, dns } from "./dns";
import { metrics, metricsApi, type MetricsOptions } from "./metrics";
import type { KubeObject } from "../../lib/kube-object";

/** The readiness check of an add-on. */
export interface AddonCheck {
    readonly name: string;
    readonly isUsable: (api: Api) => Promise<boolean>;
}

/** The node is usable once all of these are usable. */
export const addonChecks: readonly AddonCheck[] = [
    { name: "coredns", isUsable: (api) => deploymentIsAvailable(api, "kube-system", "coredns") },
    { name: "metrics-server", isUsable: (api) => apiServiceIsAvailable(api, metricsApi) },
];

/** All objects that a start applies to the API server. */
export function addons(options: {
    readonly dns: DnsOptions;
    readonly metrics: MetricsOptions;
}): KubeObject[] {
    return [kubeletAccess(), ...dns(options.dns), ...metrics(options.metrics)];
}

/** Allows the API server, by its client certificate, to get logs and run commands through the kubelet. */
function kubeletAccess(): KubeObject {
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
