/** Whether a foreign object can widen access. */
import type { KubeObject, WebhookRule } from "./objects";

/**
 * False if the object can only deny. For any other object, requests cannot prove that it is harmless: it may allow a
 * caller, a host or a port that no check covers.
 */
export function canWidenAccess(object: KubeObject): boolean {
    const spec = (object.spec ?? {}) as Record<string, unknown>;
    switch (object.kind) {
        case "AuthorizationPolicy":
            return allows(spec);
        case "PeerAuthentication":
            return !isStrict(spec);
        case "NetworkPolicy":
            return allowsTraffic(spec);
        case "MutatingWebhookConfiguration":
            return (object.webhooks ?? []).some(({ rules = [] }) => rules.some(isDecidingRule));
        case "Service":
            return spec["type"] === "ExternalName" || nonEmpty(spec["externalIPs"]);
        default:
            return true;
    }
}

/** ALLOW without rules allows nothing. CUSTOM, DENY and AUDIT allow nothing that other policies deny. */
function allows({ action = "ALLOW", rules }: Record<string, unknown>): boolean {
    return (action === "ALLOW" || action === 0) && nonEmpty(rules);
}

function isStrict({ mtls, portLevelMtls = {} }: Record<string, unknown>): boolean {
    const isMode = (value: unknown) =>
        ["STRICT", undefined, "UNSET"].includes((value as { mode?: string } | undefined)?.mode);
    return isMode(mtls) && Object.values(portLevelMtls as Record<string, unknown>).every(isMode);
}

/** API groups of workloads, and of traffic policies. */
const DECIDING_GROUPS: readonly string[] = ["*", "apps", "batch", "networking.k8s.io"];

/** A webhook that changes pods or workloads can remove sidecars; one that changes policies can empty them. */
function isDecidingRule({ apiGroups = [], resources = [] }: WebhookRule): boolean {
    return apiGroups.some(
        (group) =>
            DECIDING_GROUPS.includes(group) ||
            group.endsWith(".istio.io") ||
            (group === "" && resources.some((resource) => /^(pods|\*)(\/|$)/.test(resource))),
    );
}

/** NetworkPolicies are additive: a single rule allows traffic. */
function allowsTraffic({ ingress, egress }: Record<string, unknown>): boolean {
    return nonEmpty(ingress) || nonEmpty(egress);
}

function nonEmpty(value: unknown): boolean {
    return Array.isArray(value) && value.length > 0;
}
