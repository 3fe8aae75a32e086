/**
 * Synthetic load for a new version with little traffic: the load tester sends requests for as long as the analysis
 * lasts.
 */
import { milliseconds } from "../../catalogue/durations";
import type { MeshConfig } from "../../config/schema";
import type { CanaryManifest } from "../base/manifest";
import { LOAD_TESTER, deliveryUrl } from "../shared/flagger/flagger";
import { type ServiceRollout, rolloutHosts } from "../shared/flagger/rollouts";

type Webhook = NonNullable<CanaryManifest["spec"]["analysis"]["webhooks"]>[number];

/** The timeout of one request. */
const TIMEOUT_SECONDS = 5;

/**
 * The load goes to the canary itself, whatever its weight. Every check of Flagger starts a command, which ends a
 * little before the next check: while one runs, another with the same text would not start. The first metrics are
 * checked after one `interval`, so the load starts before the version gets its first user.
 */
export function loadOf(rolledOut: ServiceRollout, { delivery }: MeshConfig): Webhook[] {
    const { load } = rolledOut.rollout;
    if (load === undefined) return [];
    const interval = (milliseconds(delivery.interval) ?? 0) / 1000;
    const seconds = Math.max(1, Math.floor(interval * 0.9));
    const url = `http://${rolloutHosts(rolledOut).canary}:${rolledOut.port.number}${load.path}`;
    // A single worker limits the rate: slow responses lower it, and nothing raises it.
    const cmd = `hey -z ${seconds}s -c 1 -q ${load.perSecond} -t ${TIMEOUT_SECONDS} -disable-redirects '${url}'`;
    const task = (name: string, type: NonNullable<Webhook["type"]>): Webhook => ({
        name,
        type,
        url: `${deliveryUrl(LOAD_TESTER)}/`,
        timeout: "5s",
        retries: 3,
        metadata: { type: "cmd", cmd },
    });
    return [task("load-from-the-start", "pre-rollout"), task("load", "rollout")];
}
