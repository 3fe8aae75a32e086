/** Causes whose alerts fire after an hour. They need a Canary for `ROLLED_OUT`. */
import assert from "node:assert/strict";
import { NAMESPACES, certificateName } from "../../components/base/names";
import type { Cause } from "./cause";
import type { Deployment } from "./deployment";
import { endingSoon } from "./expiring-certificate";
import { eventually } from "./eventually";
import { Rollouts } from "./rollouts";

/** The service whose rollout gets stuck: no other cause affects it. */
export const ROLLED_OUT = "integrations";

export function hourlyCauses(node: Deployment): Cause[] {
    const rollouts = new Rollouts(node);
    const suspend = (is: boolean) =>
        node.mergePatch("canary", "sparc", ROLLED_OUT, { spec: { suspend: is } });
    return [
        {
            alerts: {
                MeshGatewayCertificateExpiring: {
                    namespace: NAMESPACES.ingress,
                    service: "istio-admingateway",
                },
            },
            ...endingSoon(node, NAMESPACES.ingress, certificateName("admin")),
        },
        {
            // An operator suspends a rollout to investigate, and forgets it.
            alerts: { RolloutStuck: { name: ROLLED_OUT } },
            make: async () => {
                await rollouts.deploy(ROLLED_OUT, []);
                await rollouts.until(ROLLED_OUT, ["Progressing"], 120_000);
                await suspend(true);
            },
            end: async () => {
                await suspend(false);
                await eventually(async () => {
                    const { status } = await rollouts.canary(ROLLED_OUT);
                    assert.notEqual(status.phase, "Progressing");
                }, 600_000);
            },
        },
    ];
}
