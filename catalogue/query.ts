/**
 * What derivations ask of a catalogue.
 *
 * All answers come from an index that is built once for each catalogue, in time linear in its size, and are sorted by
 * name, so that no output depends on the order in which a catalogue was written. A catalogue is never changed after it
 * was made, which is why its index can be kept.
 *
 * A catalogue with problems (`checkCatalogue`) cannot be asked: a name that leads nowhere throws.
 */

import { attempts } from "./attempts";
import { CatalogueError } from "./checks/problem";
import { buildIndex } from "./edges";
import type { CatalogueIndex, Edge, ExposureEdge, ExternalEdge, StoreEdge } from "./edges";
import type {
    Asked,
    Call,
    Catalogue,
    Duration,
    ExternalGroup,
    ExternalHost,
    Port,
    Request,
    Service,
    Tier,
} from "./model";
import { compare, groupBy, own, sortedEntries } from "./order";
import { covers, requestLine } from "./requests";
import { catalogueSchema } from "./schema/catalogue";
import { schemaProblems } from "./schema/issues";
import { unknownCase } from "./never";

export type { CatalogueIndex, Edge, EdgeIndex, ExposureEdge, ExternalEdge, StoreEdge } from "./edges";

const indexes = new WeakMap<Catalogue, CatalogueIndex>();

/**
 * The catalogue's index, built on first use.
 *
 * @throws CatalogueError if the data is no catalogue by its schema.
 */
export function indexOf(catalogue: Catalogue): CatalogueIndex {
    const known = indexes.get(catalogue);
    if (known !== undefined) return known;
    // Types do not exist at run time: whoever passes a catalogue by the checks gets nothing derived from what is no catalogue.
    const problems = schemaProblems(catalogueSchema, catalogue);
    if (problems.length > 0) throw new CatalogueError(problems);
    const built = buildIndex(catalogue);
    indexes.set(catalogue, built);
    return built;
}

/** All services, by name. */
export function servicesOf(catalogue: Catalogue): readonly (readonly [name: string, service: Service])[] {
    indexOf(catalogue);
    return sortedEntries(catalogue.services);
}

/** A service of the catalogue. @throws for a name that is none of its. */
export function serviceOf(catalogue: Catalogue, name: string): Service {
    const service = own(catalogue.services, name);
    if (service === undefined) throw new Error(`The catalogue has no service ${name}`);
    return service;
}

/** All calls, by caller, callee, port and what is asked. */
export function edges(catalogue: Catalogue): readonly Edge[] {
    return indexOf(catalogue).calls.all;
}

/** The calls that `service` makes. */
export function callsOf(catalogue: Catalogue, service: string): readonly Edge[] {
    return indexOf(catalogue).calls.from.get(service) ?? [];
}

/** The calls that are made to `service`. */
export function callersOf(catalogue: Catalogue, service: string): readonly Edge[] {
    return indexOf(catalogue).calls.to.get(service) ?? [];
}

/** All uses of stores, by caller, store and port. */
export function storeEdges(catalogue: Catalogue): readonly StoreEdge[] {
    return indexOf(catalogue).stores.all;
}

/** All uses of external groups, by caller and group. */
export function externalEdges(catalogue: Catalogue): readonly ExternalEdge[] {
    return indexOf(catalogue).external.all;
}

/** A host outside, with all who reach it. */
export interface ReachedHost {
    readonly groupName: string;
    readonly group: ExternalGroup;
    readonly host: ExternalHost;
    /** The services that use its group, by name; at least one. */
    readonly callers: readonly string[];
}

/** The external hosts that any service uses, by host and port. */
export function reachedHosts(catalogue: Catalogue): readonly ReachedHost[] {
    return [...groupBy(externalEdges(catalogue), ({ groupName }) => groupName).values()]
        .flatMap((users) => {
            const [{ groupName, group }] = users;
            const callers = [...new Set(users.map(({ caller }) => caller))];
            return group.hosts.map((host): ReachedHost => ({ groupName, group, host, callers }));
        })
        .sort((a, b) => compare(a.host.host, b.host.host) || a.host.port - b.host.port);
}

/** All exposures, by service and host. */
export function exposures(catalogue: Catalogue): readonly ExposureEdge[] {
    return indexOf(catalogue).exposures.all;
}

/** Where `service` is reachable from outside. */
export function exposuresOf(catalogue: Catalogue, service: string): readonly ExposureEdge[] {
    return indexOf(catalogue).exposures.to.get(service) ?? [];
}

/** How often the mesh tries a call again. */
export function retriesOf(call: Call): number {
    return attempts(call) - 1;
}

const MIN_REPLICAS: Readonly<Record<Tier, number>> = { critical: 3, standard: 2, background: 2 };

/** The fewest replicas of a service that may run in production. */
export function minReplicas(service: Service): number {
    return service.minReplicas ?? MIN_REPLICAS[service.tier];
}

/** What answers of a service that says nothing of it are late by. */
export const SLOW_AFTER: Duration = "200ms";

/** After how long an answer of a service is slow. */
export function slowAfter(service: Service): Duration {
    return service.slowAfter ?? SLOW_AFTER;
}

/** What share of the traces is kept that begin with a service, in percent. */
export function sampling(service: Service): number {
    return service.sampling ?? 10;
}

const AVAILABILITY: Readonly<Record<Tier, number>> = { critical: 99.9, standard: 99.5, background: 99 };

/** What share of its calls a service promises to answer, in percent. */
export function availability({ availability: own, tier }: Service): number {
    return own ?? AVAILABILITY[tier];
}

/** HTTP verbs and the paths that may be asked with any of them, as an AuthorizationPolicy's `operation` has them. */
export interface Operation {
    readonly methods: readonly string[];
    readonly paths: readonly string[];
}

/** Whether an HTTP port answers every request that `asked` stands for; no other port answers any. */
export function offers(port: Port, asked: Request): boolean {
    return port.protocol === "http" && port.requests.some((request) => covers(request, asked));
}

/**
 * What is asked of a port, as it looks on the wire; sorted by verb and path.
 *
 * A gRPC method is a POST to `/<service>/<method>`, and a WebSocket begins as a GET. None for a TCP port, on which the
 * mesh sees connections only: a policy then has nothing but the port to go by. Asking an HTTP or gRPC port for nothing
 * throws, since a policy made of it would open the whole port.
 */
export function operations(port: Port, asked: Asked): readonly Operation[] {
    switch (port.protocol) {
        case "http":
            return httpOperations(something(asked.requests, port));
        case "grpc": {
            const methods = [...something(asked.methods, port)].sort();
            return [{ methods: ["POST"], paths: methods.map((method) => `/${port.service}/${method}`) }];
        }
        case "ws":
            return [{ methods: ["GET"], paths: [port.path] }];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

function something<T>(asked: readonly T[] | undefined, port: Port): readonly T[] {
    if (asked !== undefined && asked.length > 0) return asked;
    throw new Error(
        `Nothing is asked of the ${port.protocol} port ${port.number}: load it by catalogue/load.ts`,
    );
}

function httpOperations(requests: readonly Request[]): Operation[] {
    const paths: Record<string, string[]> = {};
    for (const { verb, path } of [...requests].sort().map(requestLine)) (paths[verb] ??= []).push(path);
    return sortedEntries(paths).map(([verb, verbPaths]) => ({ methods: methodsOf(verb), paths: verbPaths }));
}

/** RFC 9110, section 9.3.2: HEAD is GET without the response's content. Who may read, may ask for the headers alone. */
function methodsOf(verb: string): string[] {
    return verb === "GET" ? ["GET", "HEAD"] : [verb];
}
