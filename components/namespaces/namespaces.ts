import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { COMMON_LABELS } from "../base/labels";
import type { Derived, NamespaceManifest } from "../base/manifest";
import { INJECTED, type NamespaceName, NAMESPACES, REVISION_TAG } from "../base/names";
import type { Platform } from "../base/platform";

/**
 * The Pod Security Standard that a namespace enforces. Without istio-cni, injection adds an init container with
 * NET_ADMIN to every meshed pod, which only `privileged` admits; istio-cni itself is a privileged DaemonSet.
 */
function podSecurity(namespace: NamespaceName, cni: boolean): "restricted" | "privileged" {
    if (namespace === NAMESPACES.system) return "privileged";
    return cni || !INJECTED[namespace] ? "restricted" : "privileged";
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
                "pod-security.kubernetes.io/warn": podSecurity(name, config.istio.cni),
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
