/**
 * Custom metric labels in addition to Istio's, as CEL expressions over Envoy's attributes. Each has few values,
 * whatever clients send: every value of a label adds time series to each proxy and to Prometheus.
 */
import type { Port, Service } from "../../catalogue/model";
import { sortedEntries } from "../../catalogue/order";
import { EGRESS_TENANT, PROBE_HEADER, TOKEN_HEADERS } from "../base/names";
import { escapeRegex } from "../../catalogue/path-template";
import { unknownCase } from "../../catalogue/never";

/** The value for tenants that are not listed, and for paths that are not in the catalogue. */
const OTHER = "other";
const NONE = "none";

/** The request's tenant, if the stack lists it. */
export function tenant(listed: readonly string[]): string {
    return matchListed(listed, "request.headers", TOKEN_HEADERS.tenant);
}

/** The same at the egress gateway, which stores the tenant in metadata. */
export function tenantAtEgress(listed: readonly string[]): string {
    const { namespace, key } = EGRESS_TENANT;
    const kept = "metadata.filter_metadata";
    return `!(${quoted(namespace)} in ${kept}) ? '${NONE}' : ${matchListed(listed, `${kept}[${quoted(namespace)}]`, key)}`;
}

function matchListed(listed: readonly string[], map: string, key: string): string {
    const value = `${map}[${quoted(key)}]`;
    const known = listed.length === 0 ? "" : `${value} in [${listed.map(quoted).join(", ")}] ? ${value} : `;
    return `!(${quoted(key)} in ${map}) ? '${NONE}' : ${known}'${OTHER}'`;
}

/** Whether `mesh verify` sent the request. */
export const IS_PROBE = `${quoted(PROBE_HEADER)} in request.headers ? 'true' : 'false'`;

/** Whether the request is gRPC. */
export const IS_GRPC =
    "'content-type' in request.headers && request.headers['content-type'].startsWith('application/grpc')";

/** Whether the request is a read or a write. gRPC methods do not say. */
export const METHOD_CLASS =
    `${IS_GRPC} ? 'rpc' : ` + "request.method in ['GET', 'HEAD', 'OPTIONS'] ? 'read' : 'write'";

/** The longest of the service's path prefixes that matches. */
export function pathClass({ ports }: Service): string {
    const classes = new Set(sortedEntries(ports).flatMap(([, port]) => classesOf(port)));
    const cases = [...classes].sort(byLengthDescending).map((path) => {
        const pattern = path === "/" ? "^/" : `^${escapeRegex(path)}(/|$)`;
        return `request.url_path.matches(${quoted(pattern)}) ? ${quoted(path)} : `;
    });
    return `${cases.join("")}'${OTHER}'`;
}

/** The number of segments in a path class: `/v1/recordings` for `/v1/recordings/{*}/exports`. */
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

/** `/v1/x` must be compared before `/v1`. */
function byLengthDescending(a: string, b: string): number {
    return b.length - a.length || (a < b ? -1 : 1);
}

/** A CEL string literal, in which a backslash escapes. */
function quoted(text: string): string {
    return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
