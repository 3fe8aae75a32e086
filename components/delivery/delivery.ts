import { milliseconds } from "../../catalogue/durations";
import { own, sortedEntries } from "../../catalogue/order";
import { offers } from "../../catalogue/query";
import { rolloutOf } from "../../catalogue/rollout";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Derived, Manifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { noService } from "../base/no-service";
import type { Platform } from "../base/platform";
import { FLAGGER, GATES, LOAD_TESTER, loaded, rollouts } from "../base/rollouts";
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
        releases: [
            loadTester(GATES.name, config),
            ...(loaded(platform).length > 0 ? [loadTester(LOAD_TESTER.name, config)] : []),
            flagger(platform),
        ],
        objects: [
            ...sidecars(platform),
            ...metricTemplates(canaries.flatMap(({ spec }) => spec.analysis.metrics ?? [])),
            ...canaries,
        ],
    };
}

function checkDelivery(platform: Platform): string[] {
    return [
        ...unfitServices(platform),
        ...shortWindow(platform),
        ...shortLoad(platform),
        ...unfitReceiver(platform),
    ];
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

/** It is told by POST, which its port must offer. */
function unfitReceiver({ catalogue, config: { delivery: stack } }: Platform): string[] {
    const { receiver } = stack;
    if (!stack.enabled || receiver === undefined) return [];
    const where = "delivery.receiver";
    const service = own(catalogue.services, receiver.service);
    if (service === undefined) return [noService(catalogue, `${where}.service`, receiver.service)];
    const port = own(service.ports, receiver.port);
    if (port?.protocol !== "http") {
        const http = sortedEntries(service.ports).flatMap(([name, { protocol }]) =>
            protocol === "http" ? [name] : [],
        );
        return [
            `${where}.port: ${receiver.service} has no port ${receiver.port} that speaks HTTP; ` +
                (http.length > 0 ? `it has ${http.join(", ")}` : "name a service that has one"),
        ];
    }
    if (offers(port, `POST /${receiver.path.slice(1)}`)) return [];
    return [
        `${where}.path: ${receiver.service} does not offer POST ${receiver.path} on its port ${receiver.port}; ` +
            "say one that it offers, or add it to the catalogue",
    ];
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

/** The first look at a version's figures is one interval after its load began. */
function shortLoad(platform: Platform): string[] {
    const { delivery: stack, observability } = platform.config;
    const { from } = observability.prometheus;
    const names = loaded(platform).map(({ service }) => service);
    if (from === "nowhere" || names.length === 0) return [];
    const least = 2 * SCRAPE_SECONDS[from];
    if ((milliseconds(stack.interval) ?? 0) >= least * 1000) return [];
    return [
        `delivery.interval: Prometheus reads every ${SCRAPE_SECONDS[from]}s, and the load on new versions of ${names.join(", ")} begins ` +
            `one interval before the first look; say ${least}s or more`,
    ];
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
