/** Calls, exposures and ports of a catalogue, each with its path and what it refers to, if that exists. */

import type { Call, Catalogue, Exposure, Port, Service } from "../model";
import { getOwn, sortedEntries } from "../order";

/** A call, with its path in the catalogue. */
export interface CallSite {
    readonly caller: string;
    readonly call: Call;
    /** `api-gateway.calls[2] → auth` */
    readonly where: string;
    /** `where` without the destination: `api-gateway.calls[2]` */
    readonly at: string;
    readonly service: Service;
    /** Undefined if the service is unknown. */
    readonly callee: Service | undefined;
    /** Undefined if the service or the port is unknown. */
    readonly port: Port | undefined;
}

/** An exposure, with its path in the catalogue. */
export interface ExposureSite {
    readonly name: string;
    readonly exposure: Exposure;
    /** `auth.exposures[0] → public auth` */
    readonly where: string;
    /** `where` without the host: `auth.exposures[0]` */
    readonly at: string;
    readonly service: Service;
    /** Undefined if the service has no such port. */
    readonly port: Port | undefined;
}

/** A port, with its path in the catalogue. */
export interface PortSite {
    readonly name: string;
    /** `auth.ports.grpc`, `stores.redis.ports.redis` */
    readonly where: string;
    /** `the port grpc of auth` */
    readonly label: string;
    readonly port: Port;
}

/** A service or a store. */
export interface PortOwner {
    readonly label: string;
    readonly at: string;
    /** Sorted by name. */
    readonly ports: readonly PortSite[];
}

/** All calls, sorted by caller, in the order of their definition. */
export function callSites(catalogue: Catalogue): CallSite[] {
    return sortedEntries(catalogue.services).flatMap(([caller, service]) =>
        (service.calls ?? []).map((call, index) => {
            const at = `${caller}.calls[${index}]`;
            const callee = getOwn(catalogue.services, call.to);
            const port = callee && getOwn(callee.ports, call.port);
            return { caller, call, where: `${at} → ${call.to}`, at, service, callee, port };
        }),
    );
}

/** All exposures, sorted by service, in the order of their definition. */
export function exposureSites(catalogue: Catalogue): ExposureSite[] {
    return sortedEntries(catalogue.services).flatMap(([name, service]) =>
        (service.exposures ?? []).map((exposure, index) => {
            const at = `${name}.exposures[${index}]`;
            const where = `${at} → ${exposure.gateway} ${exposure.host}`;
            return { name, exposure, where, at, service, port: getOwn(service.ports, exposure.port) };
        }),
    );
}

/** All services, then all stores, sorted by name. */
export function portOwners(catalogue: Catalogue): PortOwner[] {
    const owner = (label: string, at: string, ports: Readonly<Record<string, Port>>): PortOwner => ({
        label,
        at,
        ports: sortedEntries(ports).map(([name, port]) => ({
            where: `${at}.ports.${name}`,
            label: `the port ${name} of ${label}`,
            name,
            port,
        })),
    });
    return [
        ...sortedEntries(catalogue.services).map(([name, { ports }]) => owner(name, name, ports)),
        ...sortedEntries(catalogue.stores).map(([name, { ports }]) => owner(name, `stores.${name}`, ports)),
    ];
}
