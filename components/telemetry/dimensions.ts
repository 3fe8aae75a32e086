/**
 * What requests are counted by beside Istio's own labels, as CEL over Envoy's attributes. Each has few values, whatever
 * clients send: every value of a label is a series more in each proxy, and in Prometheus for as long as it remembers.
 */
import type { Port, Service } from "../../catalogue/model";
import { sortedEntries } from "../../catalogue/order";
import { EGRESS_TENANT, PROBE_HEADER, TOKEN_HEADERS } from "../base/names";
import { escapeRegex } from "../../catalogue/path-template";
import { unknownCase } from "../../catalogue/never";

/** What stands for tenants that are not listed, for requests of none, and for paths that are none of the catalogue's. */
const OTHER = "other";
const NONE = "none";

/** Whose request it is, of those whom the stack lists. */
export function tenant(listed: readonly string[]): string {
    return ofThose(listed, "request.headers", TOKEN_HEADERS.tenant);
}

/** The same at the egress gateway, which keeps it elsewhere. */
export function tenantAtEgress(listed: readonly string[]): string {
    const { namespace, key } = EGRESS_TENANT;
    const kept = "metadata.filter_metadata";
    return `!(${quoted(namespace)} in ${kept}) ? '${NONE}' : ${ofThose(listed, `${kept}[${quoted(namespace)}]`, key)}`;
}

function ofThose(listed: readonly string[], map: string, key: string): string {
    const value = `${map}[${quoted(key)}]`;
    const known = listed.length === 0 ? "" : `${value} in [${listed.map(quoted).join(", ")}] ? ${value} : `;
    return `!(${quoted(key)} in ${map}) ? '${NONE}' : ${known}'${OTHER}'`;
}

/** Whether `mesh verify` sent it. */
export const IS_PROBE = `${quoted(PROBE_HEADER)} in request.headers ? 'true' : 'false'`;

/** Whether it is a call of gRPC. */
export const IS_GRPC =
    "'content-type' in request.headers && request.headers['content-type'].startsWith('application/grpc')";

/** Whether it only asks. A gRPC method does not say. */
export const METHOD_CLASS =
    `${IS_GRPC} ? 'rpc' : ` + "request.method in ['GET', 'HEAD', 'OPTIONS'] ? 'read' : 'write'";

/** The beginning of its path, of those under which the service offers something. */
export function pathClass({ ports }: Service): string {
    const classes = new Set(sortedEntries(ports).flatMap(([, port]) => classesOf(port)));
    const cases = [...classes].sort(longestFirst).map((path) => {
        const pattern = path === "/" ? "^/" : `^${escapeRegex(path)}(/|$)`;
        return `request.url_path.matches(${quoted(pattern)}) ? ${quoted(path)} : `;
    });
    return `${cases.join("")}'${OTHER}'`;
}

/** How many segments of a path tell what it is about: `/v1/recordings` of `/v1/recordings/{*}/exports`. */
const DEPTH = 2;

function classesOf(port: Port): string[] {
    switch (port.protocol) {
        case "http":
            return port.requests.map((request) => beginning(request.slice(request.indexOf(" ") + 1)));
        case "grpc":
            return [`/${port.service}`];
        case "ws":
            return [beginning(port.path)];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

function beginning(path: string): string {
    const segments = path.split("/").slice(1);
    const variable = segments.findIndex((segment) => segment.startsWith("{"));
    const literal = variable === -1 ? segments : segments.slice(0, variable);
    return `/${literal.slice(0, DEPTH).join("/")}`;
}

/** So that `/v1/x` is asked for before `/v1`. */
function longestFirst(a: string, b: string): number {
    return b.length - a.length || (a < b ? -1 : 1);
}

/** A string of CEL, in which a backslash escapes. */
function quoted(text: string): string {
    return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
