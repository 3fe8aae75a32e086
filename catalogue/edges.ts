/** The edges of a catalogue, resolved and by either end. Derivations reach them through `query.ts`. */

import type { Call, Catalogue, Exposure, ExternalGroup, Port, Service, TcpPort } from "./model";
import { compareAll, groupBy, own, sortedEntries } from "./order";

/** One call, with what it leads to. A caller may have several to one port, which differ in what they ask. */
export interface Edge {
    readonly caller: string;
    readonly callee: string;
    readonly call: Call;
    /** The call's position in the caller's `calls`, for messages: nothing may be sorted or named by it. */
    readonly index: number;
    readonly portName: string;
    readonly port: Port;
}

/** One service's use of one port of a store. */
export interface StoreEdge {
    readonly caller: string;
    readonly store: string;
    readonly portName: string;
    readonly port: TcpPort;
}

/** One service's use of an external group. */
export interface ExternalEdge {
    readonly caller: string;
    readonly groupName: string;
    readonly group: ExternalGroup;
}

/** One port of a service, reachable from outside. */
export interface ExposureEdge {
    readonly service: string;
    readonly exposure: Exposure;
    readonly portName: string;
    readonly port: Port;
}

/** Edges of one kind: all of them, and by either end. Sorted by name throughout. */
export interface EdgeIndex<E> {
    readonly all: readonly E[];
    readonly from: ReadonlyMap<string, readonly E[]>;
    readonly to: ReadonlyMap<string, readonly E[]>;
}

/** All edges of a catalogue. */
export interface CatalogueIndex {
    readonly calls: EdgeIndex<Edge>;
    readonly stores: EdgeIndex<StoreEdge>;
    readonly external: EdgeIndex<ExternalEdge>;
    /** From a gateway, to a service. */
    readonly exposures: EdgeIndex<ExposureEdge>;
}

/** Resolves every edge. Linear in the size of the catalogue but for the sorting; throws where a name leads nowhere. */
export function buildIndex(catalogue: Catalogue): CatalogueIndex {
    const services = sortedEntries(catalogue.services);
    return {
        calls: indexEdges(
            services.flatMap(([caller, service]) => callEdges(catalogue, caller, service)),
            (edge) => edge.caller,
            (edge) => edge.callee,
        ),
        stores: indexEdges(
            services.flatMap(([caller, service]) => storeEdges(catalogue, caller, service)),
            (edge) => edge.caller,
            (edge) => edge.store,
        ),
        external: indexEdges(
            services.flatMap(([caller, service]) => externalEdges(catalogue, caller, service)),
            (edge) => edge.caller,
            (edge) => edge.groupName,
        ),
        exposures: indexEdges(
            services.flatMap(([name, service]) => exposureEdges(name, service)),
            (edge) => edge.exposure.gateway,
            (edge) => edge.service,
        ),
    };
}

function indexEdges<E>(all: readonly E[], from: (edge: E) => string, to: (edge: E) => string): EdgeIndex<E> {
    return { all, from: groupBy(all, from), to: groupBy(all, to) };
}

function callEdges(catalogue: Catalogue, caller: string, service: Service): Edge[] {
    return (service.calls ?? [])
        .map((call, index) => {
            const callee = found(own(catalogue.services, call.to), `service ${call.to}`, caller);
            const port = found(own(callee.ports, call.port), `port ${call.port} of ${call.to}`, caller);
            return { caller, callee: call.to, call, index, portName: call.port, port };
        })
        .sort((a, b) => compareAll(callKey(a.call), callKey(b.call)));
}

/** Two calls of one caller never agree in all of this: they would ask the same twice. */
function callKey({ to, port, requests = [], methods = [] }: Call): string[] {
    return [to, port, ...[...requests, ...methods].sort()];
}

function storeEdges(catalogue: Catalogue, caller: string, service: Service): StoreEdge[] {
    return [...(service.stores ?? [])].sort().flatMap((store) => {
        const { ports } = found(own(catalogue.stores, store), `store ${store}`, caller);
        return sortedEntries(ports).map(([portName, port]) => ({ caller, store, portName, port }));
    });
}

function externalEdges(catalogue: Catalogue, caller: string, service: Service): ExternalEdge[] {
    return [...(service.external ?? [])].sort().map((groupName) => ({
        caller,
        groupName,
        group: found(own(catalogue.external, groupName), `external group ${groupName}`, caller),
    }));
}

function exposureEdges(name: string, service: Service): ExposureEdge[] {
    return (service.exposures ?? [])
        .map((exposure) => {
            const port = found(own(service.ports, exposure.port), `port ${exposure.port} of ${name}`, name);
            return { service: name, exposure, portName: exposure.port, port };
        })
        .sort((a, b) =>
            compareAll([a.exposure.host, a.exposure.gateway], [b.exposure.host, b.exposure.gateway]),
        );
}

function found<T>(value: T | undefined, what: string, service: string): T {
    if (value === undefined) {
        throw new Error(`${service} names the ${what}, which is not there: load it by catalogue/load.ts`);
    }
    return value;
}
