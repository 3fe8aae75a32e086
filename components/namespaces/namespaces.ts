import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { COMMON_LABELS } from "../base/labels";
import type { Derived, NamespaceManifest } from "../base/manifest";
import { INJECTED, type NamespaceName, NAMESPACES, REVISION_TAG } from "../base/names";
import type { Platform } from "../base/platform";
import type { MeshConfig } from "../../config/schema";
import { POD_SECURITY_VERSION } from "../../config/versions";

/**
 * The Pod Security Standard that a namespace enforces. Without istio-cni, injection adds an init container with
 * NET_ADMIN to every meshed pod, which only `privileged` admits; istio-cni itself is a privileged DaemonSet.
 */
function podSecurity(namespace: NamespaceName, cni: boolean): "restricted" | "privileged" {
    if (namespace === NAMESPACES.system) return "privileged";
    return cni || !INJECTED[namespace] ? "restricted" : "privileged";
}

/**
 * Lets the AWS Load Balancer Controller add a readiness gate to gateways whose pods are targets: such a pod is ready only
 * once its target is healthy, so that a rollout or a drained node never leaves a load balancer without one (AWS Load
 * Balancer Controller, "Pod readiness gate").
 */
function readinessGates({ edge, gateways }: MeshConfig): Record<string, string> {
    const targetsPods = gateways.serviceType === "LoadBalancer" && edge.clientAddress === "load-balancer";
    return targetsPods ? { "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled" } : {};
}

function deriveNamespaces({ config }: Platform): Derived {
    const objects = Object.values(NAMESPACES).map((name): NamespaceManifest => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: {
            name,
            labels: {
                ...COMMON_LABELS,
                ...(INJECTED[name] ? { "istio.io/rev": REVISION_TAG } : { "istio-injection": "disabled" }),
                "pod-security.kubernetes.io/enforce": podSecurity(name, config.istio.cni),
                // Without a version, an upgrade of the API server would change what is enforced.
                "pod-security.kubernetes.io/enforce-version": POD_SECURITY_VERSION,
                "pod-security.kubernetes.io/warn": podSecurity(name, config.istio.cni),
                ...(name === NAMESPACES.ingress ? readinessGates(config) : {}),
            },
        },
    }));
    return { releases: [], objects };
}

export const namespaces: Concern = {
    name: "namespaces",
    derive: deriveNamespaces,
    anchors: () => true,
};

/** The platform's namespaces, with the labels for injection and pod security. */
export class Namespaces extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(namespaces, platform, options);
    }
}
