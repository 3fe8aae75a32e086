import type { AuthorizationPolicyManifest } from "../base/manifest";

/** Istio's annotation for dry-run mode: proxies evaluate the policy, count its decision, and do not enforce it. */
const DRY_RUN = "istio.io/dry-run";

/**
 * Returns the policies, with those named (`<namespace>/<name>`) in dry-run mode. An ALLOW in dry-run mode admits
 * nothing: the other policies, and the deny-all, still decide.
 */
export function withDryRun(
    policies: readonly AuthorizationPolicyManifest[],
    names: readonly string[],
): AuthorizationPolicyManifest[] {
    return policies.map((policy) => {
        if (!names.includes(policyName(policy))) return policy;
        const { metadata } = policy;
        const annotations = { ...metadata.annotations, [DRY_RUN]: "true" };
        return { ...policy, metadata: { ...metadata, annotations } };
    });
}

export function policyName({ metadata }: AuthorizationPolicyManifest): string {
    return `${metadata.namespace}/${metadata.name}`;
}
