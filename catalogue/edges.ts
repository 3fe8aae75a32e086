/** The edges of a catalogue, resolved, and indexed by either end. Derivations use them through `query.ts`. */

import type { Call, Catalogue, Exposure, ExternalGroup, Port, Service, TcpPort } from "./model";
import { compareAll, groupBy, getOwn, sortedEntries } from "./order";

/** One call, resolved. A caller can have several calls to one port, with different operations. */
export interface Edge {
    readonly caller: string;
    readonly callee: string;
    readonly call: Call;
    /** The call's position in the caller's `calls`, for messages only: never sort or name by it. */
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

/** One port of a service that is reachable from outside the mesh. */
export interface ExposureEdge {
    readonly service: string;
    readonly exposure: Exposure;
    readonly portName: string;
    readonly port: Port;
}

/** Edges of one kind: all of them, and by either end. Always sorted by name. */
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

/** Resolves every edge, in linear time plus sorting. Throws if a name is not defined. */
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
            const callee = requireDefined(getOwn(catalogue.services, call.to), `service ${call.to}`, caller);
            const port = requireDefined(
                getOwn(callee.ports, call.port),
                `port ${call.port} of ${call.to}`,
                caller,
            );
            return { caller, callee: call.to, call, index, portName: call.port, port };
        })
        .sort((a, b) => compareAll(callKey(a.call), callKey(b.call)));
}

/** Unique among the calls of one caller: `checkOverlaps` rejects two with the same operations. */
function callKey({ to, port, requests = [], methods = [] }: Call): string[] {
    return [to, port, ...[...requests, ...methods].sort()];
}

function storeEdges(catalogue: Catalogue, caller: string, service: Service): StoreEdge[] {
    return [...(service.stores ?? [])].sort().flatMap((store) => {
        const { ports } = requireDefined(getOwn(catalogue.stores, store), `store ${store}`, caller);
        return sortedEntries(ports).map(([portName, port]) => ({ caller, store, portName, port }));
    });
}

function externalEdges(catalogue: Catalogue, caller: string, service: Service): ExternalEdge[] {
    return [...(service.external ?? [])].sort().map((groupName) => ({
        caller,
        groupName,
        group: requireDefined(getOwn(catalogue.external, groupName), `external group ${groupName}`, caller),
    }));
}

function exposureEdges(name: string, service: Service): ExposureEdge[] {
    return (service.exposures ?? [])
        .map((exposure) => {
            const port = requireDefined(
                getOwn(service.ports, exposure.port),
                `port ${exposure.port} of ${name}`,
                name,
            );
            return { service: name, exposure, portName: exposure.port, port };
        })
        .sort((a, b) =>
            compareAll([a.exposure.host, a.exposure.gateway], [b.exposure.host, b.exposure.gateway]),
        );
}

function requireDefined<T>(value: T | undefined, what: string, service: string): T {
    if (value === undefined) {
        throw new Error(
            `${service} refers to the undefined ${what}: load the catalogue by catalogue/load.ts, which checks it`,
        );
    }
    return value;
}
