/** Manual approval: a gate for each canary, which `mesh approve` opens. */
import type { CanaryManifest } from "../base/manifest";
import { GATES, GATE_PATHS, deliveryUrl } from "../shared/flagger/flagger";
import { type ServiceRollout } from "../shared/flagger/rollouts";

type Webhook = NonNullable<CanaryManifest["spec"]["analysis"]["webhooks"]>[number];

/**
 * A new version gets traffic only after a first approval, and all traffic only after a second: the gate is closed
 * once the canary exists, and again when its rollout ends either way. Rejecting rolls the version back.
 *
 * Flagger calls `confirm-rollout` only when a rollout begins. The second hook, which then finds the gate closed,
 * stops a version that replaces another during its rollout, and one whose gate was lost when the load tester
 * restarted.
 */
export function gatesOf({ rollout }: ServiceRollout): Webhook[] {
    if (rollout.approval !== true) return [];
    return [
        gate("approve-rollout", "confirm-rollout", GATE_PATHS.gate.check),
        gate("still-approved", "pre-rollout", GATE_PATHS.gate.check),
        closeGate("shut-for-promotion", "pre-rollout", GATE_PATHS.gate.close),
        gate("refused", "rollback", GATE_PATHS.rollback.check),
        gate("approve-promotion", "confirm-promotion", GATE_PATHS.gate.check),
        closeGate("shut", "post-rollout", GATE_PATHS.gate.close),
        closeGate("shut-refusal", "post-rollout", GATE_PATHS.rollback.close),
    ];
}

function gate(name: string, type: NonNullable<Webhook["type"]>, path: string): Webhook {
    return { name, type, url: `${deliveryUrl(GATES)}${path}`, timeout: "5s" };
}

/**
 * Flagger calls a hook once and continues even if it fails: a gate that stays open would approve the next version.
 */
function closeGate(...of: Parameters<typeof gate>): Webhook {
    return { ...gate(...of), retries: 3 };
}
