import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { AuthorizationPolicyManifest } from "../base/manifest";

export type Rule = NonNullable<AuthorizationPolicyManifest["spec"]["rules"]>[number];

/** An ALLOW policy for one workload. */
export function allow(
    name: string,
    namespace: string,
    workload: string,
    rules: Rule[],
): AuthorizationPolicyManifest {
    return {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: { name, namespace, labels: COMMON_LABELS },
        spec: { selector: serviceSelector(workload), action: "ALLOW", rules },
    };
}
