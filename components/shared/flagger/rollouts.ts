/** The services that Flagger rolls out, and the names and hosts that it gives to their versions. */
import { getOwn, sortedEntries } from "../../../catalogue/order";
import { type Load, ROLLOUT_SUFFIXES, type RolloutTarget, rolloutOf } from "../../../catalogue/rollout";
import { serviceHost } from "../../base/names";
import type { Platform } from "../../base/platform";

/** The subset of a service with its primary only, for traffic that Flagger does not split. */
export const PRIMARY = "primary";

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
    if (rolledOut === undefined) return undefined;
    return { service: name, apex: `${name}${ROLLOUT_SUFFIXES.apex}`, ...rolledOut };
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

/** The name that Flagger gives to a version's workload, Service and DestinationRule. */
export function primaryOf(name: string): string {
    return `${name}${ROLLOUT_SUFFIXES.primary}`;
}

export function canaryOf(name: string): string {
    return `${name}${ROLLOUT_SUFFIXES.canary}`;
}

/** Selects the pods of the primary Deployment that Flagger creates, by the label that it renames. */
export function primaryLabels({ service }: ServiceRollout): Record<string, string> {
    return { app: primaryOf(service) };
}

/** The hosts that Flagger's routes lead to. */
export function rolloutHosts({ apex }: ServiceRollout): {
    readonly primary: string;
    readonly canary: string;
} {
    return { primary: serviceHost(primaryOf(apex)), canary: serviceHost(canaryOf(apex)) };
}

/** The names of the traffic objects that Flagger creates for the Service `apex`, by kind. */
export function trafficObjectsOf(apex: string): Readonly<Record<string, readonly string[]>> {
    return { DestinationRule: [canaryOf(apex), primaryOf(apex)], VirtualService: [apex] };
}
