/** Where a person decides: a gate for each canary, which `mesh approve` opens. */
import type { CanaryManifest } from "../base/manifest";
import { GATES, type Rollout, urlOf } from "../base/rollouts";

type Webhook = NonNullable<CanaryManifest["spec"]["analysis"]["webhooks"]>[number];

/**
 * Nobody gets a new version before somebody has said yes, and not all do before somebody has said so again: the gate
 * is shut once the canary is there, and when its rollout has ended either way. Who says no has it taken back.
 *
 * Flagger asks `confirm-rollout` only of a version that begins: one that takes another's place on the way, or whose gate
 * was lost with the memory of who holds it, is stopped by the second look, which then finds the gate shut.
 */
export function gatesOf({ rollout }: Rollout): Webhook[] {
    if (rollout.approval !== true) return [];
    return [
        gate("approve-rollout", "confirm-rollout", "gate/check"),
        gate("still-approved", "pre-rollout", "gate/check"),
        shut("shut-for-promotion", "pre-rollout", "gate/close"),
        gate("refused", "rollback", "rollback/check"),
        gate("approve-promotion", "confirm-promotion", "gate/check"),
        shut("shut", "post-rollout", "gate/close"),
        shut("shut-refusal", "post-rollout", "rollback/close"),
    ];
}

function gate(name: string, type: NonNullable<Webhook["type"]>, path: string): Webhook {
    return { name, type, url: `${urlOf(GATES)}/${path}`, timeout: "5s" };
}

/** What Flagger does but once, and goes on where it fails: a gate that stays open would let the next version through. */
function shut(...of: Parameters<typeof gate>): Webhook {
    return { ...gate(...of), retries: 3 };
}
