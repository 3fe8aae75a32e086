/** Turns catalogue operations into requests. */
import type { GrpcPort, OperationSet, PathForms, Port } from "../../../catalogue/model";
import type { WireRequest } from "../model";
import { unknownCase } from "../../../catalogue/never";
import { PLACEHOLDER, examplePath, longExamplePath, matchesTemplate, splitRequest } from "./patterns";

type HttpRequest = Extract<WireRequest, { protocol: "http" }>;

const PLACEHOLDER_METHOD = "MeshVerifyNotOffered";
const VERBS = ["DELETE", "PUT", "PATCH", "POST", "GET"];

/** All operations of a port, in the catalogue's order. */
export function offeredRequests(port: Port): WireRequest[] {
    switch (port.protocol) {
        case "http":
            return port.requests.map(httpRequest);
        case "grpc":
            return port.methods.map((method) => ({ protocol: "grpc", method: fullMethod(port, method) }));
        case "ws":
            return [{ protocol: "ws", path: port.path }];
        case "tcp":
            return [{ protocol: "tcp" }];
        default:
            return unknownCase(port);
    }
}

/** As the catalogue reference defines: a method of another service on the port has that service's name. */
function fullMethod({ service }: GrpcPort, method: string): string {
    const [name, other] = [method.split("/").at(-1) ?? "", method.split("/").at(-2)];
    return `/${other ?? service}/${name}`;
}

/**
 * The requests that an operation set allows: `{**}` with one segment and with several, and one HEAD for all GETs,
 * because a caller that may read may also request the headers alone.
 */
export function requestsFor(port: Port, { requests = [], methods = [] }: OperationSet): WireRequest[] {
    switch (port.protocol) {
        case "http": {
            const all = requests.flatMap((pattern) => [
                httpRequest(pattern),
                ...withSeveralSegments(pattern),
            ]);
            const [reading] = all.filter(({ method }) => method === "GET");
            return reading === undefined ? all : [...all, { ...reading, method: "HEAD" }];
        }
        case "grpc":
            return methods.map((method) => ({ protocol: "grpc", method: fullMethod(port, method) }));
        case "ws":
        case "tcp":
            return offeredRequests(port);
        default:
            return unknownCase(port);
    }
}

/**
 * Requests that must be denied to a caller with these permissions: the other operations of the port, and unlisted ones:
 * paths one segment deeper or with a trailing slash, other HTTP methods, an unknown gRPC method. None for TCP.
 */
export function deniedRequests(port: Port, granted: readonly OperationSet[]): WireRequest[] {
    const allowedRequests = unique(granted.flatMap((one) => requestsFor(port, one)));
    const patterns = granted.flatMap(({ requests = [] }) => requests);
    switch (port.protocol) {
        case "http": {
            const isDenied = (request: WireRequest) => !patterns.some((pattern) => covers(pattern, request));
            return unique([
                ...offeredRequests(port),
                ...allowedRequests.flatMap(oneSegmentDeeper),
                ...allowedRequests.flatMap(otherVerbs),
                ...allowedRequests.flatMap(withTrailingSlash),
            ]).filter(isDenied);
        }
        case "grpc": {
            const others = offeredRequests(port).filter(
                (request) => !allowedRequests.some((one) => same(one, request)),
            );
            return [...others, { protocol: "grpc", method: `/${port.service}/${PLACEHOLDER_METHOD}` }];
        }
        case "ws":
            return [
                { protocol: "ws", path: `${port.path}/${PLACEHOLDER}` },
                { protocol: "http", method: "POST", path: port.path },
            ];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

/** Allowed requests with a letter of the path in the other case, which a sidecar must deny: `/V1/alerts`. */
export function inAnotherCase(port: Port, granted: readonly OperationSet[]): WireRequest[] {
    const patterns = granted.flatMap(({ requests = [] }) => requests);
    const changed = granted
        .flatMap((one) => requestsFor(port, one))
        .flatMap((request): WireRequest[] => {
            if (request.protocol !== "http") return [];
            const path = request.path.replace(/[a-z]/, (letter) => letter.toUpperCase());
            return [{ ...request, path }];
        });
    return unique(changed).filter((request) => !patterns.some((pattern) => covers(pattern, request)));
}

/**
 * Spellings of allowed paths that a sidecar and an application could interpret differently, and that the sidecar must
 * reject. Excludes forms that the port opted in to, and dot segments with parameters: the caller's sidecar resolves
 * those.
 *
 * @param exposed the forms that exposures of the port opted in to
 */
export function ambiguousPaths(
    port: Port,
    granted: readonly OperationSet[],
    exposed: PathForms = {},
): WireRequest[] {
    if (port.protocol !== "http") return [];
    const [first] = granted.flatMap((one) => requestsFor(port, one));
    if (first?.protocol !== "http") return [];
    const { paths = {} } = port;
    const accepts = (form: "encodedSlashes" | "parameters") => paths[form] === true || exposed[form] === true;
    const base = first.path.replace(/\/$/, "");
    return [
        `${base}//${PLACEHOLDER}`,
        `${base}%5C${PLACEHOLDER}`,
        `${base}%252e%252e/${PLACEHOLDER}`,
        ...(accepts("encodedSlashes") ? [] : [`${base}%2F${PLACEHOLDER}`]),
        ...(accepts("parameters") ? [] : [`${base};x=1`]),
    ].map((path) => ({ ...first, path }));
}

/** Whether a catalogue pattern, such as `GET /v1/{*}`, matches a request. */
export function covers(pattern: string, request: WireRequest): boolean {
    if (request.protocol !== "http") return false;
    const [verb, template] = splitRequest(pattern);
    if (verb !== request.method && !(verb === "GET" && request.method === "HEAD")) return false;
    return matchesTemplate(template, request.path);
}

/** `GET /v1/alerts`, `Get`, `a connection`. */
export function describeRequest(request: WireRequest): string {
    switch (request.protocol) {
        case "http":
            return `${request.method} ${request.path}`;
        case "grpc":
            return request.method;
        case "ws":
            return `WebSocket ${request.path}`;
        case "tcp":
            return "a connection";
        default:
            return unknownCase(request);
    }
}

/** Removes duplicates. */
export function unique(requests: readonly WireRequest[]): WireRequest[] {
    return requests.filter((request, index) => requests.findIndex((other) => same(other, request)) === index);
}

function same(a: WireRequest, b: WireRequest): boolean {
    return a.protocol === b.protocol && describeRequest(a) === describeRequest(b);
}

function httpRequest(pattern: string): HttpRequest {
    const [method, template] = splitRequest(pattern);
    return { protocol: "http", method, path: examplePath(template) };
}

/** The request with several segments in place of `{**}`; empty without `{**}`. */
function withSeveralSegments(pattern: string): HttpRequest[] {
    const [method, template] = splitRequest(pattern);
    const path = longExamplePath(template);
    return path === undefined ? [] : [{ protocol: "http", method, path }];
}

/** A request that a prefix match instead of a path match would also allow. */
function oneSegmentDeeper(request: WireRequest): WireRequest[] {
    if (request.protocol !== "http") return [];
    return [{ ...request, path: `${request.path.replace(/\/$/, "")}/${PLACEHOLDER}` }];
}

/** A different path, although many programs treat it as the same. */
function withTrailingSlash(request: WireRequest): WireRequest[] {
    if (request.protocol !== "http" || request.path.endsWith("/")) return [];
    return [{ ...request, path: `${request.path}/` }];
}

function otherVerbs(request: WireRequest): WireRequest[] {
    return request.protocol === "http" ? VERBS.map((method) => ({ ...request, method })) : [];
}
