import type { Catalogue, Service } from "../../catalogue/model";
import { callersOf } from "../../catalogue/query";
import { own, sortedEntries } from "../../catalogue/order";
import type { ServiceTraffic } from "../../config/traffic";
import { noService } from "../base/no-service";
import type { Platform } from "../base/platform";
import { rolloutFor } from "../base/rollouts";

/**
 * Mistakes in what the stack says of its services' traffic that only show beside the catalogue.
 *
 * @param now for faults, which end
 */
export function checkTraffic(platform: Platform, now: Date): string[] {
    const { catalogue, config } = platform;
    return sortedEntries(config.traffic.services).flatMap(([name, traffic]) => {
        const where = `traffic.services.${name}`;
        const service = own(catalogue.services, name);
        if (service === undefined) return [noService(catalogue, where, name)];
        return [
            ...unreadable(where, service),
            ...unsplittable(catalogue, where, name, traffic),
            ...unknownVersions(where, traffic),
            ...flaggersOwn(platform, where, name, traffic),
            ...unendingFault(where, traffic, config.protect, now),
        ];
    });
}

function unreadable(where: string, { ports }: Service): string[] {
    if (Object.values(ports).some(({ protocol }) => protocol !== "tcp")) return [];
    return [
        `${where}: the service has TCP ports alone, on which the mesh sees no requests to route; remove it here`,
    ];
}

/** Connections inside the mesh are not routed by version: whoever makes them would reach all of them alike. */
function unsplittable(
    catalogue: Catalogue,
    where: string,
    name: string,
    { versions }: ServiceTraffic,
): string[] {
    if (versions === undefined) return [];
    const callers = callersOf(catalogue, name).filter(({ port }) => port.protocol === "tcp");
    if (callers.length === 0) return [];
    const who = [...new Set(callers.map(({ caller, portName }) => `${caller} (${portName})`))].sort();
    return [
        `${where}.versions: ${who.join(", ")} calls it over TCP, where no share can be kept; remove the versions, or the calls`,
    ];
}

function unknownVersions(where: string, { versions = {}, variants = [], mirror }: ServiceTraffic): string[] {
    const known = Object.keys(versions).sort();
    const named = [
        ...variants.map(({ to }, position) => [`${where}.variants.${position}.to`, to] as const),
        ...(mirror === undefined ? [] : [[`${where}.mirror.to`, mirror.to] as const]),
    ];
    return named
        .filter(([, version]) => !known.includes(version))
        .map(
            ([place, version]) =>
                `${place}: there is no version ${version}; list it in ${where}.versions, with a share of 0 if nobody else is to get it`,
        );
}

/** One owner: shares, audiences and copies of what Flagger rolls out are Flagger's. */
function flaggersOwn(platform: Platform, where: string, name: string, traffic: ServiceTraffic): string[] {
    if (rolloutFor(platform, name) === undefined) return [];
    return (["versions", "variants", "mirror"] as const)
        .filter((key) => traffic[key] !== undefined)
        .map(
            (key) =>
                `${where}.${key}: Flagger rolls ${name} out and says who gets which version; remove it, or list in delivery.services what Flagger is to roll out, without ${name}`,
        );
}

function unendingFault(where: string, { fault }: ServiceTraffic, protect: boolean, now: Date): string[] {
    if (fault === undefined) return [];
    if (fault.removeBy === undefined) {
        return protect
            ? [
                  `${where}.fault: the stack protects what it has, and nothing says when this fault is to be gone; write \`removeBy\`, such as ${new Date(now.getTime() + 3_600_000).toISOString()}`,
              ]
            : [];
    }
    if (new Date(fault.removeBy) > now) return [];
    return [
        `${where}.fault: it was to be removed by ${fault.removeBy}; remove it, or write a later \`removeBy\``,
    ];
}
