/** Compares a catalogue with the draft from a registry. */
import type { Call, Catalogue, Port } from "../../catalogue/model";
import { getOwn, sortedEntries } from "../../catalogue/order";
import type { Difference } from "./model";

/**
 * @param given the catalogue of the platform
 * @param draft what the registry states
 * @returns services, external hosts, ports and calls that only one of them has, or that differ
 */
export function compareCatalogues(given: Catalogue, draft: Catalogue): Difference[] {
    return [...services(given, draft), ...externalHosts(given, draft)];
}

function services(given: Catalogue, draft: Catalogue): Difference[] {
    const known = new Set([...Object.keys(given.services), ...Object.keys(given.stores)]);
    const missing = sortedEntries(draft.services)
        .filter(([name]) => !known.has(name))
        .map(([name, { summary }]) =>
            difference("missing", `services.${name}`, `${summary} The catalogue has no such service.`),
        );
    const rest = sortedEntries(given.services).flatMap(([name, service]) => {
        const registered = getOwn(draft.services, name);
        if (registered === undefined)
            return [
                difference(
                    "unused",
                    `services.${name}`,
                    "No such service is registered, or the draft cannot have it.",
                ),
            ];
        return [
            ...ports(`services.${name}`, service.ports, registered.ports),
            ...calls(name, service.calls ?? [], registered.calls ?? [], draft),
        ];
    });
    const stores = sortedEntries(given.stores).flatMap(([name, store]) => {
        const registered = getOwn(draft.services, name);
        return registered === undefined ? [] : ports(`stores.${name}`, store.ports, registered.ports);
    });
    return [...missing, ...rest, ...stores];
}

function ports(
    where: string,
    given: Readonly<Record<string, Port>>,
    registered: Readonly<Record<string, Port>>,
): Difference[] {
    return Object.values(registered).flatMap(({ number, protocol }) => {
        const same = Object.values(given).find((port) => port.number === number);
        if (same === undefined) {
            const listed = Object.values(given).map((port) => port.number);
            return [
                difference(
                    "different",
                    `${where}.ports`,
                    `it is registered with the port ${number}, the catalogue has ${listed.join(", ")}`,
                ),
            ];
        }
        // Consul's default, and the draft's for gRPC without methods.
        if (
            protocol === "tcp" ||
            protocol === same.protocol ||
            (protocol === "http" && same.protocol === "ws")
        )
            return [];
        return [
            difference(
                "different",
                `${where}.ports`,
                `the port ${number} is ${protocol} in Consul, ${same.protocol} in the catalogue`,
            ),
        ];
    });
}

function calls(
    caller: string,
    given: readonly Call[],
    registered: readonly Call[],
    draft: Catalogue,
): Difference[] {
    const listed = new Set(given.map(({ to }) => to));
    const allowed = new Set(registered.map(({ to }) => to));
    return [
        ...[...allowed]
            .filter((to) => !listed.has(to))
            .map((to) =>
                difference(
                    "missing",
                    `services.${caller}.calls → ${to}`,
                    "Consul allows the call, the catalogue does not list it.",
                ),
            ),
        ...[...listed]
            .filter((to) => !allowed.has(to) && getOwn(draft.services, to) !== undefined)
            .map((to) =>
                difference(
                    "unused",
                    `services.${caller}.calls → ${to}`,
                    "Neither an upstream nor an intention in Consul states the call.",
                ),
            ),
    ];
}

function externalHosts(given: Catalogue, draft: Catalogue): Difference[] {
    const hostsOf = ({ external }: Catalogue): Map<string, string> =>
        new Map(
            sortedEntries(external).flatMap(([group, { hosts }]) =>
                hosts.map(({ host, port }) => [`${host}:${port}`, group] as const),
            ),
        );
    const listed = hostsOf(given);
    return [...hostsOf(draft)]
        .filter(([host]) => !listed.has(host))
        .map(([host, group]) =>
            difference("missing", `external.${group}`, `${host} is registered, no external group lists it.`),
        );
}

function difference(kind: Difference["kind"], where: string, detail: string): Difference {
    return { kind, where, detail };
}
