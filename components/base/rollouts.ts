/** Progressive delivery: the names and hosts that several concerns use. */
import { getOwn, sortedEntries } from "../../catalogue/order";
import { type Load, type RolloutTarget, rolloutOf } from "../../catalogue/rollout";
import { NAMESPACES, PROMETHEUS_SERVICE, serviceHost } from "./names";
import type { Platform } from "./platform";

export const FLAGGER = { name: "flagger", metrics: 8080 } as const;

/**
 * The two instances of Flagger's load tester: one for manual gates, one for synthetic load. `container` is the
 * chart's. They are separate because anything that can run commands next to a gate can open it.
 */
export const GATES = { name: "gates", port: 80, targetPort: 8080, container: "loadtester" } as const;
export const LOAD_TESTER = { ...GATES, name: "loadtester" } as const;

/** The URL at which Flagger calls one of the two. */
export function deliveryUrl({ name, port }: typeof GATES | typeof LOAD_TESTER): string {
    return `http://${name}.${NAMESPACES.delivery}:${port}`;
}

/** The Prometheus that Flagger's analysis queries. */
export const PROMETHEUS_URL = `http://${PROMETHEUS_SERVICE.name}.${PROMETHEUS_SERVICE.namespace}:${PROMETHEUS_SERVICE.port}`;

/** The subset of a service with its primary only, for traffic that Flagger does not split. */
export const PRIMARY = "primary";

/** In PromQL, the suffixes of a service's name during a rollout: its primary's or its canary's. */
export const ROLLOUT_SUFFIX = "(-rollout-(primary|canary))?";

/**
 * gRPC statuses that count as failures of the callee or the network: unknown, deadline exceeded, resource exhausted,
 * unimplemented, internal, unavailable, data loss. Rollout analysis and alerts use the same list.
 */
export const GRPC_FAILURES = "2|4|8|12|13|14|15";

/** A service that Flagger rolls out. */
export interface ServiceRollout extends RolloutTarget {
    readonly service: string;
    /**
     * The name of Flagger's Service and VirtualService. Those of the program keep the service's name. The primary's and
     * the canary's Services are named after it.
     */
    readonly apex: string;
}

/** The services that the stack's Flagger rolls out, by name. */
export function rollouts({ catalogue, config }: Platform): readonly ServiceRollout[] {
    return sortedEntries(catalogue.services).flatMap(([service]) => {
        const rollout = rolloutFor({ catalogue, config }, service);
        return rollout === undefined ? [] : [rollout];
    });
}

/** Returns undefined for a service that is deployed without Flagger. */
export function rolloutFor(
    { catalogue, config: { delivery } }: Platform,
    name: string,
): ServiceRollout | undefined {
    const service = getOwn(catalogue.services, name);
    if (!delivery.enabled || service === undefined) return undefined;
    if (delivery.services !== undefined && !delivery.services.includes(name)) return undefined;
    const rolledOut = rolloutOf(service);
    return rolledOut === undefined ? undefined : { service: name, apex: `${name}-rollout`, ...rolledOut };
}

/** A rollout whose new versions get synthetic load in addition to user traffic. */
export interface LoadedRollout extends ServiceRollout {
    readonly load: Load;
}

export function loadedRollouts(platform: Platform): readonly LoadedRollout[] {
    return rollouts(platform).flatMap((one) =>
        one.rollout.load === undefined ? [] : [{ ...one, load: one.rollout.load }],
    );
}

/** The receiver of rollout events: an HTTP port of a service. */
export interface Receiver {
    readonly service: string;
    /** The service's host, or its primary's: events about its canary do not go to that canary. */
    readonly host: string;
    readonly port: number;
    readonly path: string;
}

/** Returns undefined if the stack configures none. The stack's checks reject an unknown service or port. */
export function receiverOf(platform: Platform): Receiver | undefined {
    const { catalogue } = platform;
    const { delivery } = platform.config;
    if (!delivery.enabled || delivery.receiver === undefined) return undefined;
    const { service, port, path } = delivery.receiver;
    const portSpec = getOwn(getOwn(catalogue.services, service)?.ports ?? {}, port);
    if (portSpec === undefined) return undefined;
    const rollout = rolloutFor(platform, service);
    const host = rollout === undefined ? serviceHost(service) : rolloutHosts(rollout).primary;
    return { service, host, port: portSpec.number, path };
}

/** Whether Flagger mirrors requests to a new version. */
export function isMirrored(platform: Platform, service: string): boolean {
    const { rollout } = rolloutFor(platform, service) ?? {};
    return rollout?.strategy === "blue-green" && rollout.mirror === true;
}

/** Selects the pods of the primary Deployment that Flagger creates, by the label that it renames. */
export function primaryLabels({ service }: ServiceRollout): Record<string, string> {
    return { app: `${service}-primary` };
}

/** The hosts that Flagger's routes lead to. */
export function rolloutHosts({ apex }: ServiceRollout): {
    readonly primary: string;
    readonly canary: string;
} {
    return { primary: serviceHost(`${apex}-primary`), canary: serviceHost(`${apex}-canary`) };
}
