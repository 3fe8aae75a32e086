/** The places in a catalogue that rules look at, each with its name and with what it leads to, if that exists. */

import type { Call, Catalogue, Exposure, Port, Service } from "../model";
import { own, sortedEntries } from "../order";

/** A call, as it stands in the catalogue. */
export interface CallSite {
    readonly caller: string;
    readonly call: Call;
    /** `api-gateway.calls[2] → auth` */
    readonly where: string;
    /** `where`, without where it leads: `api-gateway.calls[2]` */
    readonly at: string;
    readonly service: Service;
    /** Undefined if there is no such service. */
    readonly callee: Service | undefined;
    /** Undefined if there is no such service, or no such port. */
    readonly port: Port | undefined;
}

/** An exposure, as it stands in the catalogue. */
export interface ExposureSite {
    readonly name: string;
    readonly exposure: Exposure;
    /** `auth.exposures[0] → public auth` */
    readonly where: string;
    /** `where`, without where it leads: `auth.exposures[0]` */
    readonly at: string;
    readonly service: Service;
    /** Undefined if the service has no such port. */
    readonly port: Port | undefined;
}

/** A port, as it stands in the catalogue. */
export interface PortSite {
    readonly name: string;
    /** `auth.ports.grpc`, `stores.redis.ports.redis` */
    readonly where: string;
    /** `the port grpc of auth` */
    readonly who: string;
    readonly port: Port;
}

/** What has ports: a service or a store. */
export interface PortOwner {
    readonly who: string;
    readonly at: string;
    /** By name. */
    readonly ports: readonly PortSite[];
}

/** All calls, by caller, each caller's in their own order. */
export function callSites(catalogue: Catalogue): CallSite[] {
    return sortedEntries(catalogue.services).flatMap(([caller, service]) =>
        (service.calls ?? []).map((call, index) => {
            const at = `${caller}.calls[${index}]`;
            const callee = own(catalogue.services, call.to);
            const port = callee && own(callee.ports, call.port);
            return { caller, call, where: `${at} → ${call.to}`, at, service, callee, port };
        }),
    );
}

/** All exposures, by service, each service's in their own order. */
export function exposureSites(catalogue: Catalogue): ExposureSite[] {
    return sortedEntries(catalogue.services).flatMap(([name, service]) =>
        (service.exposures ?? []).map((exposure, index) => {
            const at = `${name}.exposures[${index}]`;
            const where = `${at} → ${exposure.gateway} ${exposure.host}`;
            return { name, exposure, where, at, service, port: own(service.ports, exposure.port) };
        }),
    );
}

/** All services, then all stores, by name. */
export function portOwners(catalogue: Catalogue): PortOwner[] {
    const owner = (who: string, at: string, ports: Readonly<Record<string, Port>>): PortOwner => ({
        who,
        at,
        ports: sortedEntries(ports).map(([name, port]) => ({
            where: `${at}.ports.${name}`,
            who: `the port ${name} of ${who}`,
            name,
            port,
        })),
    });
    return [
        ...sortedEntries(catalogue.services).map(([name, { ports }]) => owner(name, name, ports)),
        ...sortedEntries(catalogue.stores).map(([name, { ports }]) => owner(name, `stores.${name}`, ports)),
    ];
}
