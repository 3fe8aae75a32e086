import type { KubeObject } from "../../lib/kube-object";

/** The security context of a container without any privileges. */
export const restricted = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
} as const;

export interface AddonPod {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Change them to replace the pod. */
    readonly annotations: Readonly<Record<string, string>>;
    /** Without name and security context. */
    readonly container: object;
    /** Further fields of the pod's spec. */
    readonly pod: object;
}

/** A Deployment of one pod with the add-on's name and service account. */
export function addonDeployment({
    name,
    namespace,
    labels,
    annotations,
    container,
    pod,
}: AddonPod): KubeObject {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace, labels },
        spec: {
            replicas: 1,
            selector: { matchLabels: labels },
            template: {
                metadata: { labels, annotations },
                spec: {
                    serviceAccountName: name,
                    priorityClassName: "system-cluster-critical",
                    containers: [{ name, ...container, securityContext: restricted }],
                    ...pod,
                },
            },
        },
    };
}
