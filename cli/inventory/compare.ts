/** Compares a catalogue with the draft from a registry. */
import type { Catalogue, Port, Service } from "../../catalogue/model";
import { getOwn, sortedEntries } from "../../catalogue/order";
import { compareOperations } from "./compare-operations";
import type { Difference } from "./model";

/**
 * @param given the catalogue of the platform
 * @param draft what the registry states
 * @param limitedCalls the draft's calls whose requests or methods the registry states: `web → users`
 * @returns services, external hosts, ports and calls that only one of them has, or that differ
 */
export function compareCatalogues(
    given: Catalogue,
    draft: Catalogue,
    limitedCalls: ReadonlySet<string>,
): Difference[] {
    return [...services(given, draft, limitedCalls), ...externalHosts(given, draft)];
}

function services(given: Catalogue, draft: Catalogue, limitedCalls: ReadonlySet<string>): Difference[] {
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
            ...calls(name, service, registered, given, draft),
            ...(registered.calls ?? [])
                .map(({ to }) => to)
                .filter((to, index, all) => all.indexOf(to) === index && limitedCalls.has(`${name} → ${to}`))
                .flatMap((to) => compareOperations(name, to, given, draft)),
            ...externalUses(name, given, draft),
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
    service: Service,
    registered: Service,
    given: Catalogue,
    draft: Catalogue,
): Difference[] {
    const where = (to: string): string =>
        `services.${caller}.${getOwn(given.stores, to) === undefined ? "calls" : "stores"} → ${to}`;
    const listed = new Set([...(service.calls ?? []).map(({ to }) => to), ...(service.stores ?? [])]);
    const allowed = new Set((registered.calls ?? []).map(({ to }) => to));
    return [
        ...[...allowed]
            .filter((to) => !listed.has(to))
            .map((to) =>
                difference("missing", where(to), "Consul allows the call, the catalogue does not list it."),
            ),
        ...[...listed]
            .filter((to) => !allowed.has(to) && getOwn(draft.services, to) !== undefined)
            .map((to) =>
                difference(
                    "unused",
                    where(to),
                    "No upstream or intention that the draft can express states the call.",
                ),
            ),
    ];
}

function externalHosts(given: Catalogue, draft: Catalogue): Difference[] {
    const listed = hostsOf(given, Object.keys(given.external));
    return [...hostsOf(draft, Object.keys(draft.external))]
        .filter(([host]) => !listed.has(host))
        .map(([host, group]) =>
            difference("missing", `external.${group}`, `${host} is registered, no external group lists it.`),
        );
}

/** By host: the groups of the two have different names. */
function externalUses(name: string, given: Catalogue, draft: Catalogue): Difference[] {
    const used = hostsOf(given, getOwn(given.services, name)?.external ?? []);
    const allowed = hostsOf(draft, getOwn(draft.services, name)?.external ?? []);
    const registered = hostsOf(draft, Object.keys(draft.external));
    return [
        ...[...allowed]
            .filter(([host]) => !used.has(host))
            .map(([host]) =>
                difference(
                    "missing",
                    `services.${name}.external`,
                    `Consul allows calls to ${host}, the catalogue lists no group with it.`,
                ),
            ),
        ...[...used]
            .filter(([host]) => registered.has(host) && !allowed.has(host))
            .map(([host, group]) =>
                difference(
                    "unused",
                    `services.${name}.external → ${group}`,
                    `No upstream or intention that the draft can express states calls to ${host}.`,
                ),
            ),
    ];
}

/** `api.example.com:443`, and the name of its group. */
function hostsOf({ external }: Catalogue, groups: readonly string[]): Map<string, string> {
    return new Map(
        [...groups]
            .sort()
            .flatMap((group) =>
                (getOwn(external, group)?.hosts ?? []).map(
                    ({ host, port }) => [`${host}:${port}`, group] as const,
                ),
            ),
    );
}

function difference(kind: Difference["kind"], where: string, detail: string): Difference {
    return { kind, where, detail };
}
