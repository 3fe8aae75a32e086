import type { AuthorizationPolicyManifest } from "../base/manifest";

/** Istio reads it: the proxies judge by the policy, count what it would have done, and do not act by it. */
const DRY_RUN = "istio.io/dry-run";

/**
 * The policies, those named (`<namespace>/<name>`) not in force. Of an ALLOW that means that it lets nobody in: what it
 * would have allowed is still decided by the others, and by the deny-all.
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
