/** Whether an object that is not the program's can widen access. */
import type { KubeObject, WebhookRule } from "./objects";

/**
 * False where the object can only deny. Of every other object traffic cannot prove that it opens nothing: it may be for a caller, a
 * host or a port that no request of a run has.
 */
export function canOpen(object: KubeObject): boolean {
    const spec = (object.spec ?? {}) as Record<string, unknown>;
    switch (object.kind) {
        case "AuthorizationPolicy":
            return allows(spec);
        case "PeerAuthentication":
            return !isStrict(spec);
        case "NetworkPolicy":
            return admits(spec);
        case "MutatingWebhookConfiguration":
            return (object.webhooks ?? []).some(({ rules = [] }) => rules.some(decides));
        case "Service":
            return spec["type"] === "ExternalName" || nonEmpty(spec["externalIPs"]);
        default:
            return true;
    }
}

/** An ALLOW without rules allows nothing. CUSTOM, DENY and AUDIT let nothing pass that other policies do not allow. */
function allows({ action = "ALLOW", rules }: Record<string, unknown>): boolean {
    return (action === "ALLOW" || action === 0) && nonEmpty(rules);
}

function isStrict({ mtls, portLevelMtls = {} }: Record<string, unknown>): boolean {
    const isMode = (value: unknown) =>
        ["STRICT", undefined, "UNSET"].includes((value as { mode?: string } | undefined)?.mode);
    return isMode(mtls) && Object.values(portLevelMtls as Record<string, unknown>).every(isMode);
}

/** API groups of what makes pods, and of what decides about traffic. */
const DECIDING_GROUPS: readonly string[] = ["*", "apps", "batch", "networking.k8s.io"];

/** Whoever changes pods, or what makes them, can leave out their sidecars; whoever changes policies can empty them. */
function decides({ apiGroups = [], resources = [] }: WebhookRule): boolean {
    return apiGroups.some(
        (group) =>
            DECIDING_GROUPS.includes(group) ||
            group.endsWith(".istio.io") ||
            (group === "" && resources.some((resource) => /^(pods|\*)(\/|$)/.test(resource))),
    );
}

/** NetworkPolicies add up: a rule admits, whatever the others say. */
function admits({ ingress, egress }: Record<string, unknown>): boolean {
    return nonEmpty(ingress) || nonEmpty(egress);
}

function nonEmpty(value: unknown): boolean {
    return Array.isArray(value) && value.length > 0;
}
