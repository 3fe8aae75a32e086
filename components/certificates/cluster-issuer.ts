import { COMMON_LABELS } from "../base/labels";
import type { ClusterIssuerManifest } from "../base/manifest";
import { UNTIL_READY } from "../shared/tls/certificate-settings";

export function clusterIssuer(name: string, spec: ClusterIssuerManifest["spec"]): ClusterIssuerManifest {
    return {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        metadata: { name, labels: COMMON_LABELS, annotations: UNTIL_READY },
        spec,
    };
}
