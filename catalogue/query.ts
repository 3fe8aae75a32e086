/**
 * Queries on a catalogue, for derivations.
 *
 * All results come from an index, which is built once per catalogue in linear time, and are sorted by name, so that no
 * output depends on the order of definitions. A catalogue is immutable, so its index can be cached.
 *
 * Queries on a catalogue with problems (`checkCatalogue`) throw if a name is not defined.
 */

import { attempts } from "./attempts";
import { CatalogueError } from "./checks/problem";
import { buildIndex } from "./edges";
import type { CatalogueIndex, Edge, ExposureEdge, ExternalEdge, StoreEdge } from "./edges";
import type {
    OperationSet,
    Call,
    Catalogue,
    Duration,
    ExternalGroup,
    ExternalHost,
    GrpcPort,
    Port,
    Request,
    Service,
    TcpPort,
    Tier,
} from "./model";
import { compare, groupBy, getOwn, sortedEntries } from "./order";
import { covers, requestLine } from "./requests";
import { catalogueSchema } from "./schema/catalogue";
import { schemaProblems } from "./schema/issues";
import { unknownCase } from "./never";

export type { CatalogueIndex, Edge, EdgeIndex, ExposureEdge, ExternalEdge, StoreEdge } from "./edges";

const indexes = new WeakMap<Catalogue, CatalogueIndex>();

/**
 * The catalogue's index, built on first use.
 *
 * @throws CatalogueError if the data does not match the catalogue's schema.
 */
export function indexOf(catalogue: Catalogue): CatalogueIndex {
    const known = indexes.get(catalogue);
    if (known !== undefined) return known;
    // Types do not exist at run time: data that bypassed the checks must not reach a derivation.
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

/** A service of the catalogue. @throws if it does not exist. */
export function serviceOf(catalogue: Catalogue, name: string): Service {
    const service = getOwn(catalogue.services, name);
    if (service === undefined) throw new Error(`The catalogue has no service ${name}`);
    return service;
}

/** All calls, sorted by caller, callee, port and operations. */
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

/** All uses of stores, sorted by caller, store and port. */
export function storeEdges(catalogue: Catalogue): readonly StoreEdge[] {
    return indexOf(catalogue).stores.all;
}

/** All uses of external groups, sorted by caller and group. */
export function externalEdges(catalogue: Catalogue): readonly ExternalEdge[] {
    return indexOf(catalogue).external.all;
}

/** An external host, with the services that call it. */
export interface ReachableHost {
    readonly groupName: string;
    readonly group: ExternalGroup;
    readonly host: ExternalHost;
    /** The services that use its group, sorted; at least one. */
    readonly callers: readonly string[];
}

/** The external hosts that any service uses, sorted by host and port. */
export function reachableHosts(catalogue: Catalogue): readonly ReachableHost[] {
    return [...groupBy(externalEdges(catalogue), ({ groupName }) => groupName).values()]
        .flatMap((users) => {
            const [{ groupName, group }] = users;
            const callers = [...new Set(users.map(({ caller }) => caller))];
            return group.hosts.map((host): ReachableHost => ({ groupName, group, host, callers }));
        })
        .sort((a, b) => compare(a.host.host, b.host.host) || a.host.port - b.host.port);
}

/** A port on which the replicas of a service call each other. */
export interface PeerEdge {
    readonly service: string;
    readonly portName: string;
    readonly port: TcpPort;
}

/** The ports on which replicas of a service call each other, sorted by service and port. */
export function peerEdges(catalogue: Catalogue): readonly PeerEdge[] {
    return servicesOf(catalogue).flatMap(([service, { ports, peers = [] }]) =>
        [...peers].sort().flatMap((portName): PeerEdge[] => {
            const port = getOwn(ports, portName);
            if (port?.protocol === "tcp") return [{ service, portName, port }];
            throw new Error(`${service} has no TCP port ${portName}`);
        }),
    );
}

/** The headless Service at which the replicas of a service call each other. */
export function peersName(service: string): string {
    return `${service}-peers`;
}

/** All exposures, sorted by service and host. */
export function exposures(catalogue: Catalogue): readonly ExposureEdge[] {
    return indexOf(catalogue).exposures.all;
}

/** The exposures of `service`. */
export function exposuresOf(catalogue: Catalogue, service: string): readonly ExposureEdge[] {
    return indexOf(catalogue).exposures.to.get(service) ?? [];
}

/** How often the mesh retries a call. */
export function retriesOf(call: Call): number {
    return attempts(call) - 1;
}

const MIN_REPLICAS: Readonly<Record<Tier, number>> = { critical: 3, standard: 2, background: 2 };

/** The minimum number of replicas of a service in production. */
export function minReplicas(service: Service): number {
    return service.minReplicas ?? MIN_REPLICAS[service.tier];
}

/** The maximum number of replicas of a service in production, at least the minimum. */
export function maxReplicas(service: Service): number {
    const replicas = minReplicas(service);
    return Math.max(replicas, service.maxReplicas ?? replicas);
}

/** The latency threshold of a service without `latencyThreshold`. */
export const DEFAULT_LATENCY_THRESHOLD: Duration = "200ms";

/** The latency above which a service's response counts as slow. */
export function latencyThreshold(service: Service): Duration {
    return service.latencyThreshold ?? DEFAULT_LATENCY_THRESHOLD;
}

/** The percentage of traces starting at a service that are sampled. */
export function sampling(service: Service): number {
    return service.sampling ?? 10;
}

const AVAILABILITY: Readonly<Record<Tier, number>> = { critical: 99.9, standard: 99.5, background: 99 };

/** A service's availability objective, in percent of its calls. */
export function availability({ availability: objective, tier }: Service): number {
    return objective ?? AVAILABILITY[tier];
}

/** HTTP methods and the paths that are allowed with each of them, as in an AuthorizationPolicy's `operation`. */
export interface Operation {
    readonly methods: readonly string[];
    readonly paths: readonly string[];
}

/** Whether an HTTP port offers every request that `requested` matches; false for other protocols. */
export function offers(port: Port, requested: Request): boolean {
    return port.protocol === "http" && port.requests.some((request) => covers(request, requested));
}

/**
 * The HTTP methods and paths of a set of operations, sorted by method and path.
 *
 * A gRPC method is a POST to `/<service>/<method>`, and a WebSocket starts as a GET. Empty for a TCP port, where the mesh
 * sees connections only and a policy can match nothing but the port. Throws if there are no operations of an HTTP or gRPC
 * port: a policy derived from them would allow the whole port.
 */
export function wireOperations(port: Port, operations: OperationSet): readonly Operation[] {
    switch (port.protocol) {
        case "http":
            return httpOperations(requireNonEmpty(operations.requests, port));
        case "grpc": {
            const methods = [...requireNonEmpty(operations.methods, port)].sort();
            return [{ methods: ["POST"], paths: methods.map((method) => grpcPath(port, method)) }];
        }
        case "ws":
            return [{ methods: ["GET"], paths: [port.path] }];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

/** The path of a gRPC method. A name with a slash has the service's name, others are methods of the port's service. */
export function grpcPath({ service }: GrpcPort, method: string): string {
    return method.includes("/") ? `/${method}` : `/${service}/${method}`;
}

function requireNonEmpty<T>(operations: readonly T[] | undefined, port: Port): readonly T[] {
    if (operations !== undefined && operations.length > 0) return operations;
    throw new Error(
        `No operations for the ${port.protocol} port ${port.number}: load the catalogue by catalogue/load.ts, which checks it`,
    );
}

function httpOperations(requests: readonly Request[]): Operation[] {
    const paths: Record<string, string[]> = {};
    for (const { verb, path } of [...requests].sort().map(requestLine)) (paths[verb] ??= []).push(path);
    return sortedEntries(paths).map(([verb, verbPaths]) => ({ methods: methodsOf(verb), paths: verbPaths }));
}

/** RFC 9110, section 9.3.2: HEAD is GET without the response's content, so a caller that is allowed GET is allowed HEAD. */
function methodsOf(verb: string): string[] {
    return verb === "GET" ? ["GET", "HEAD"] : [verb];
}
