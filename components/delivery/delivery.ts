import { milliseconds } from "../../catalogue/durations";
import { own } from "../../catalogue/order";
import { rolloutOf } from "../../catalogue/rollout";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Derived, Manifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { noService } from "../base/no-service";
import type { Platform } from "../base/platform";
import { FLAGGER, rollouts } from "../base/rollouts";
import { SCRAPE_SECONDS } from "../base/scraping";
import { canary } from "./canary";
import { metricTemplates } from "./metrics";
import { flagger, loadTester } from "./releases";
import { sidecars } from "./sidecars";

function deriveDelivery(platform: Platform): Derived {
    const { catalogue, config } = platform;
    if (!config.delivery.enabled) return { releases: [], objects: [] };
    const canaries = rollouts(platform).map((rollout) => canary(rollout, catalogue, config));
    return {
        releases: [loadTester(config), flagger(config)],
        objects: [
            ...sidecars(),
            ...metricTemplates(canaries.flatMap(({ spec }) => spec.analysis.metrics ?? [])),
            ...canaries,
        ],
    };
}

function checkDelivery(platform: Platform): string[] {
    return [...unfitServices(platform), ...shortWindow(platform)];
}

/** Services that are to be rolled out and cannot be. */
function unfitServices({ catalogue, config }: Platform): string[] {
    return (config.delivery.services ?? []).flatMap((name, position) => {
        const where = `delivery.services.${position}`;
        const service = own(catalogue.services, name);
        if (service === undefined) return [noService(catalogue, where, name)];
        if (rolloutOf(service) !== undefined) return [];
        return [
            `${where}: ${name} has TCP ports alone, on which the mesh sees no requests to share out; remove it`,
        ];
    });
}

/** A rate is made of two readings at least, and one may fail: where there is none, a good version goes back. */
function shortWindow({ config: { delivery: stack, observability } }: Platform): string[] {
    const { from } = observability.prometheus;
    if (!stack.enabled || from === "nowhere") return [];
    const least = 4 * SCRAPE_SECONDS[from];
    if ((milliseconds(stack.window) ?? 0) >= least * 1000) return [];
    return [
        `delivery.window: Prometheus reads every ${SCRAPE_SECONDS[from]}s, and of ${stack.window} one reading that fails may leave less ` +
            `than the two that a figure takes; say ${least}s or more`,
    ];
}

/** A Canary that goes is taken apart by Flagger, which must still be let into the API server then: else it hangs. */
function letsFlaggerWork({ kind, metadata: { name, namespace } }: Manifest): boolean {
    const right = (kind === "Role" || kind === "RoleBinding") && name === FLAGGER.name;
    return right || (kind === "NetworkPolicy" && namespace === NAMESPACES.delivery);
}

export const delivery: Concern = {
    name: "delivery",
    derive: deriveDelivery,
    check: checkDelivery,
    needs: letsFlaggerWork,
};

/** How new versions come to their users: Flagger, what it judges them by, and a rollout for each service. */
export class Delivery extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(delivery, platform, options);
    }
}
