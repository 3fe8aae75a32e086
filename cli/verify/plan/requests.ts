/**
 * Requests as the catalogue writes them, turned into ones that can be made.
 *
 * Written anew rather than shared with the derivation of policies: were the two to read a pattern alike but wrongly,
 * a request that should be refused would be expected to pass.
 */
import type { Asked, PathForms, Port } from "../../../catalogue/model";
import type { WireRequest } from "../model";
import { unknownCase } from "../../../catalogue/never";

type HttpRequest = Extract<WireRequest, { protocol: "http" }>;

/** Stands for `{*}` and `{**}`, and for what no port offers. */
export const MADE_UP = "mesh-verify";
const MADE_UP_METHOD = "MeshVerifyNotOffered";
const VERBS = ["DELETE", "PUT", "PATCH", "POST", "GET"];

/** All that a port offers, in the catalogue's order. */
export function offered(port: Port): WireRequest[] {
    switch (port.protocol) {
        case "http":
            return port.requests.map(httpRequest);
        case "grpc":
            return port.methods.map((method) => ({ protocol: "grpc", method: `/${port.service}/${method}` }));
        case "ws":
            return [{ protocol: "ws", path: port.path }];
        case "tcp":
            return [{ protocol: "tcp" }];
        default:
            return unknownCase(port);
    }
}

/**
 * Those requests of `port` that `asked` names: of `{**}` with one segment and with several, and one HEAD for all of its GETs, since a
 * caller that may read may also request headers alone.
 */
export function asked(port: Port, { requests = [], methods = [] }: Asked): WireRequest[] {
    switch (port.protocol) {
        case "http": {
            const all = requests.flatMap((pattern) => [httpRequest(pattern), ...deep(pattern)]);
            const [reading] = all.filter(({ method }) => method === "GET");
            return reading === undefined ? all : [...all, { ...reading, method: "HEAD" }];
        }
        case "grpc":
            return methods.map((method) => ({ protocol: "grpc", method: `/${port.service}/${method}` }));
        case "ws":
        case "tcp":
            return offered(port);
        default:
            return unknownCase(port);
    }
}

/**
 * What must be refused to someone who was granted `granted` of `port`: all else that the port offers, and what it
 * does not: each path one segment deeper or with a slash behind it, each with every other verb, an unknown method. None for TCP, of which the mesh
 * sees connections only.
 */
export function forbidden(port: Port, granted: readonly Asked[]): WireRequest[] {
    const own = unique(granted.flatMap((one) => asked(port, one)));
    const patterns = granted.flatMap(({ requests = [] }) => requests);
    switch (port.protocol) {
        case "http": {
            const isRefused = (request: WireRequest) => !patterns.some((pattern) => covers(pattern, request));
            return unique([
                ...offered(port),
                ...own.flatMap(deeper),
                ...own.flatMap(otherVerbs),
                ...own.flatMap(withSlash),
            ]).filter(isRefused);
        }
        case "grpc": {
            const others = offered(port).filter((request) => !own.some((one) => same(one, request)));
            return [...others, { protocol: "grpc", method: `/${port.service}/${MADE_UP_METHOD}` }];
        }
        case "ws":
            return [
                { protocol: "ws", path: `${port.path}/${MADE_UP}` },
                { protocol: "http", method: "POST", path: port.path },
            ];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

/**
 * Spellings of granted paths that a sidecar and an application could read differently, and that the sidecar must refuse. What the port
 * opted in to is left out, and dot segments with parameters: the caller's sidecar resolves them, and the callee judges what arrives.
 *
 * @param widened what exposures of the port opted in to
 */
export function ambiguous(port: Port, granted: readonly Asked[], widened: PathForms = {}): WireRequest[] {
    if (port.protocol !== "http") return [];
    const [first] = granted.flatMap((one) => asked(port, one));
    if (first?.protocol !== "http") return [];
    const { paths = {} } = port;
    const accepts = (form: "encodedSlashes" | "parameters") => paths[form] === true || widened[form] === true;
    const base = first.path.replace(/\/$/, "");
    return [
        `${base}//${MADE_UP}`,
        `${base}%5C${MADE_UP}`,
        `${base}%252e%252e/${MADE_UP}`,
        ...(accepts("encodedSlashes") ? [] : [`${base}%2F${MADE_UP}`]),
        ...(accepts("parameters") ? [] : [`${base};x=1`]),
    ].map((path) => ({ ...first, path }));
}

/** Whether the catalogue's `pattern`, such as `GET /v1/{*}`, stands for `request`. */
export function covers(pattern: string, request: WireRequest): boolean {
    if (request.protocol !== "http") return false;
    const [verb, template] = split(pattern);
    if (verb !== request.method && !(verb === "GET" && request.method === "HEAD")) return false;
    const expression = template
        .split("/")
        .map((segment) => {
            if (segment === "{*}") return "[^/]+";
            return segment === "{**}" ? ".*" : segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        })
        .join("/");
    return new RegExp(`^${expression}$`).test(request.path);
}

/** `GET /v1/alerts`, `Get`, `a connection`: for people. */
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

/** Each request once, the first of its kind. */
export function unique(requests: readonly WireRequest[]): WireRequest[] {
    return requests.filter((request, index) => requests.findIndex((other) => same(other, request)) === index);
}

function same(a: WireRequest, b: WireRequest): boolean {
    return a.protocol === b.protocol && describeRequest(a) === describeRequest(b);
}

function httpRequest(pattern: string): HttpRequest {
    const [method, template] = split(pattern);
    return { protocol: "http", method, path: template.replaceAll(/\{\*\*?\}/g, MADE_UP) };
}

/** The request with several segments in place of `{**}`; none without it. */
function deep(pattern: string): HttpRequest[] {
    if (!pattern.includes("{**}")) return [];
    return [httpRequest(pattern.replace("{**}", `${MADE_UP}/${MADE_UP}/${MADE_UP}`))];
}

function split(pattern: string): [verb: string, template: string] {
    const space = pattern.indexOf(" ");
    return [pattern.slice(0, space), pattern.slice(space + 1)];
}

/** What a prefix instead of a path would let through as well. */
function deeper(request: WireRequest): WireRequest[] {
    if (request.protocol !== "http") return [];
    return [{ ...request, path: `${request.path.replace(/\/$/, "")}/${MADE_UP}` }];
}

/** Another path, though many programs take it for the same. */
function withSlash(request: WireRequest): WireRequest[] {
    if (request.protocol !== "http" || request.path.endsWith("/")) return [];
    return [{ ...request, path: `${request.path}/` }];
}

function otherVerbs(request: WireRequest): WireRequest[] {
    return request.protocol === "http" ? VERBS.map((method) => ({ ...request, method })) : [];
}
