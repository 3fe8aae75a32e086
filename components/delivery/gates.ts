/** Where a person decides: the load tester holds a gate for each canary, which `mesh approve` opens. */
import type { CanaryManifest } from "../base/manifest";
import { LOAD_TESTER, type Rollout } from "../base/rollouts";
import { NAMESPACES } from "../base/names";

type Webhook = NonNullable<CanaryManifest["spec"]["analysis"]["webhooks"]>[number];

const BASE = `http://${LOAD_TESTER.name}.${NAMESPACES.delivery}:${LOAD_TESTER.port}`;

/**
 * Nobody gets a new version before somebody has said yes, and not all do before somebody has said so again: the gate
 * is shut once the canary is there, and when its rollout has ended either way. Who says no has it taken back.
 */
export function gatesOf({ rollout }: Rollout): Webhook[] {
    if (rollout.approval !== true) return [];
    return [
        gate("approve-rollout", "confirm-rollout", "gate/check"),
        gate("shut-for-promotion", "pre-rollout", "gate/close"),
        gate("refused", "rollback", "rollback/check"),
        gate("approve-promotion", "confirm-promotion", "gate/check"),
        gate("shut", "post-rollout", "gate/close"),
        gate("shut-refusal", "post-rollout", "rollback/close"),
    ];
}

function gate(name: string, type: NonNullable<Webhook["type"]>, path: string): Webhook {
    return { name, type, url: `${BASE}/${path}`, timeout: "5s" };
}
