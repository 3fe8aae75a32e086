import { milliseconds } from "../../catalogue/durations";
import { getOwn, sortedEntries } from "../../catalogue/order";
import { offers } from "../../catalogue/query";
import { rolloutOf } from "../../catalogue/rollout";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Derived, Manifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { unknownService } from "../base/unknown-service";
import type { Platform } from "../base/platform";
import { CANARY, FLAGGER, GATES, LOAD_TESTER } from "../shared/flagger/flagger";
import { loadedRollouts, rollouts } from "../shared/flagger/rollouts";
import { SCRAPE_SECONDS } from "../shared/monitoring/scraping";
import { deliveryFlows } from "./flows";
import { canary } from "./canary";
import { metricTemplates } from "./metrics";
import { flagger, loadTester } from "./releases";
import { sidecars } from "./sidecars";

function deriveDelivery(platform: Platform): Derived {
    const { config } = platform;
    if (!config.delivery.enabled) return { releases: [], objects: [] };
    const canaries = rollouts(platform).map((rollout) => canary(rollout, platform));
    return {
        releases: [
            loadTester(GATES.name, config),
            ...(loadedRollouts(platform).length > 0 ? [loadTester(LOAD_TESTER.name, config)] : []),
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
        ...serviceProblems(platform),
        ...shortWindow(platform),
        ...shortLoad(platform),
        ...receiverProblems(platform),
    ];
}

/** Reports services that delivery lists and Flagger cannot roll out. */
function serviceProblems({ catalogue, config }: Platform): string[] {
    return (config.delivery.services ?? []).flatMap((name, position) => {
        const where = `delivery.services.${position}`;
        const service = getOwn(catalogue.services, name);
        if (service === undefined) return [unknownService(catalogue, where, name)];
        if (rolloutOf(service) !== undefined) return [];
        const reason =
            Object.keys(service.ports).length === 0
                ? "no ports, and Flagger rolls out only services that receive requests"
                : "TCP ports only, whose traffic Flagger cannot split";
        return [`${where}: ${name} has ${reason}; remove it`];
    });
}

/** Reports a receiver of rollout events whose port does not accept POST. */
function receiverProblems({ catalogue, config: { delivery: stack } }: Platform): string[] {
    const { receiver } = stack;
    if (!stack.enabled || receiver === undefined) return [];
    const where = "delivery.receiver";
    const service = getOwn(catalogue.services, receiver.service);
    if (service === undefined) return [unknownService(catalogue, `${where}.service`, receiver.service)];
    const port = getOwn(service.ports, receiver.port);
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
            "use a path that it offers, or add it to the catalogue",
    ];
}

/** A rate needs at least two scrapes, and one may fail: without a rate, a good version is rolled back. */
function shortWindow({ config: { delivery: stack, observability } }: Platform): string[] {
    const { from } = observability.prometheus;
    if (!stack.enabled || from === "none") return [];
    const minimum = 4 * SCRAPE_SECONDS[from];
    if ((milliseconds(stack.window) ?? 0) >= minimum * 1000) return [];
    return [
        `delivery.window: Prometheus scrapes every ${SCRAPE_SECONDS[from]}s; with ${stack.window}, one failed scrape may leave fewer ` +
            `than the two that a rate needs; set it to ${minimum}s or more`,
    ];
}

/** Flagger finalizes a deleted Canary and must still reach the API server then, or the deletion hangs. */
function neededByFlagger({ kind, metadata: { name, namespace } }: Manifest): boolean {
    const isFlaggerRole = (kind === "Role" || kind === "RoleBinding") && name === FLAGGER.name;
    return isFlaggerRole || (kind === "NetworkPolicy" && namespace === NAMESPACES.delivery);
}

/** The first check of a version's metrics is one interval after its load starts. */
function shortLoad(platform: Platform): string[] {
    const { delivery: stack, observability } = platform.config;
    const { from } = observability.prometheus;
    const names = loadedRollouts(platform).map(({ service }) => service);
    if (from === "none" || names.length === 0) return [];
    const minimum = 2 * SCRAPE_SECONDS[from];
    if ((milliseconds(stack.interval) ?? 0) >= minimum * 1000) return [];
    return [
        `delivery.interval: Prometheus scrapes every ${SCRAPE_SECONDS[from]}s, and the load on new versions of ${names.join(", ")} starts ` +
            `one interval before the first check; set it to ${minimum}s or more`,
    ];
}

export const delivery: Concern = {
    name: "delivery",
    derive: deriveDelivery,
    flows: deliveryFlows,
    check: checkDelivery,
    needs: neededByFlagger,
    // Flagger must still reach the API server through its sidecar while a Canary is deleted, which has a finalizer.
    precedes: (other, object) => object.kind === CANARY.kind && other.kind === "Sidecar",
};

/** Progressive delivery: Flagger, its metric templates, and a Canary for each service. */
export class Delivery extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(delivery, platform, options);
    }
}
