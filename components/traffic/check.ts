import type { Catalogue, Service } from "../../catalogue/model";
import { callersOf } from "../../catalogue/query";
import { getOwn, sortedEntries } from "../../catalogue/order";
import type { ServiceTraffic } from "../../config/traffic";
import { unknownService } from "../base/unknown-service";
import type { Platform } from "../base/platform";
import { rolloutFor } from "../shared/flagger/rollouts";

/**
 * Returns the mistakes in the stack's traffic settings that only show together with the catalogue.
 *
 * @param now the current time, because faults expire
 */
export function checkTraffic(platform: Platform, now: Date): string[] {
    const { catalogue, config } = platform;
    return sortedEntries(config.traffic.services).flatMap(([name, traffic]) => {
        const where = `traffic.services.${name}`;
        const service = getOwn(catalogue.services, name);
        if (service === undefined) return [unknownService(catalogue, where, name)];
        return [
            ...tcpOnlyProblems(where, service),
            ...tcpVersionProblems(catalogue, where, name, traffic),
            ...unknownVersions(where, traffic),
            ...flaggerConflicts(platform, where, name, traffic),
            ...faultProblems(where, traffic, config.protect, now),
        ];
    });
}

function tcpOnlyProblems(where: string, { ports }: Service): string[] {
    if (Object.values(ports).some(({ protocol }) => protocol !== "tcp")) return [];
    return [
        `${where}: the service has TCP ports only, whose traffic the mesh cannot route by request; remove it here`,
    ];
}

/** Connections in the mesh are not routed by version: they would reach all versions alike. */
function tcpVersionProblems(
    catalogue: Catalogue,
    where: string,
    name: string,
    { versions }: ServiceTraffic,
): string[] {
    if (versions === undefined) return [];
    const callers = callersOf(catalogue, name).filter(({ port }) => port.protocol === "tcp");
    if (callers.length === 0) return [];
    const names = [...new Set(callers.map(({ caller, portName }) => `${caller} (${portName})`))].sort();
    return [
        `${where}.versions: ${names.join(", ")} calls it over TCP, to which weights do not apply; remove the versions, or the calls`,
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
                `${place}: there is no version ${version}; list it in ${where}.versions, with weight 0 if no other requests are to reach it`,
        );
}

/** A single owner: Flagger manages weights, matches and mirroring of the services that it rolls out. */
function flaggerConflicts(
    platform: Platform,
    where: string,
    name: string,
    traffic: ServiceTraffic,
): string[] {
    if (rolloutFor(platform, name) === undefined) return [];
    return (["versions", "variants", "mirror"] as const)
        .filter((key) => traffic[key] !== undefined)
        .map(
            (key) =>
                `${where}.${key}: Flagger rolls ${name} out and manages its versions; remove it, or list in delivery.services what Flagger is to roll out, without ${name}`,
        );
}

function faultProblems(where: string, { fault }: ServiceTraffic, protect: boolean, now: Date): string[] {
    if (fault === undefined) return [];
    if (fault.removeBy === undefined) {
        return protect
            ? [
                  `${where}.fault: the stack is protected, so a fault needs an expiry; set \`removeBy\`, such as ${new Date(now.getTime() + 3_600_000).toISOString()}`,
              ]
            : [];
    }
    if (new Date(fault.removeBy) > now) return [];
    return [`${where}.fault: it expired at ${fault.removeBy}; remove it, or set a later \`removeBy\``];
}
