/** Requests for a new version that few users ask: the load tester makes them, for as long as Flagger looks. */
import { milliseconds } from "../../catalogue/durations";
import type { MeshConfig } from "../../config/schema";
import type { CanaryManifest } from "../base/manifest";
import { LOAD_TESTER, type Rollout, rolloutHosts, urlOf } from "../base/rollouts";

type Webhook = NonNullable<CanaryManifest["spec"]["analysis"]["webhooks"]>[number];

/** Seconds that one request may take. */
const PATIENCE = 5;

/**
 * They go to the version itself, whatever its share of the users' requests is. Each of Flagger's looks starts them anew, and
 * they end a little before the next one, which would start nothing while they last: it tells tasks apart by their text.
 * The first figures are taken after one `interval`, so that they begin before the version's first user.
 */
export function loadOf(rolledOut: Rollout, { delivery }: MeshConfig): Webhook[] {
    const { load } = rolledOut.rollout;
    if (load === undefined) return [];
    const interval = (milliseconds(delivery.interval) ?? 0) / 1000;
    const seconds = Math.max(1, Math.floor(interval * 0.9));
    const url = `http://${rolloutHosts(rolledOut).canary}:${rolledOut.port.number}${load.path}`;
    // One worker keeps to the rate; a slow answer makes it fewer, never more.
    const cmd = `hey -z ${seconds}s -c 1 -q ${load.perSecond} -t ${PATIENCE} -disable-redirects '${url}'`;
    const task = (name: string, type: NonNullable<Webhook["type"]>): Webhook => ({
        name,
        type,
        url: `${urlOf(LOAD_TESTER)}/`,
        timeout: "5s",
        retries: 3,
        metadata: { type: "cmd", cmd },
    });
    return [task("load-from-the-start", "pre-rollout"), task("load", "rollout")];
}
