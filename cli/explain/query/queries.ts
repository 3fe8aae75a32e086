/** Turns the command line's options into access queries. */
import { isIPv4 } from "node:net";
import { nearest } from "../../../catalogue/check";
import type { Catalogue } from "../../../catalogue/model";
import { INGRESS_GATEWAYS, HEALTH_PORT, NAMESPACES } from "../../../components/base/names";
import { UNKNOWN_WORKLOAD_ACCOUNT } from "../../lib/probers";
import type { AccessQuery, AccessSource } from "../../lib/evaluate/evaluate";
import type { Callee } from "../../lib/evaluate/model";
import { callees, findCallee, gateways, podOf } from "../../lib/evaluate/workloads";
import type { MeshSnapshot } from "../../lib/snapshot/snapshot";
import { HTTP_METHODS, InvalidQuery, type QueryOptions, requestOf } from "./options";
import { type PortOperation, operationsOfPort } from "./port-operations";
import { externalOptionProblems, externalQueries } from "./external";
import { renamedSource } from "./renamed-sources";

/** An access query with its display names. */
export interface LabeledQuery {
    readonly query: AccessQuery;
    /** The port's name, or its number if it has no name. */
    readonly port: string;
    /** `GET /v1/alerts/{*}`, or `a connection`. */
    readonly request: string;
}

/** @throws InvalidQuery that lists every unknown name and invalid option */
export function accessQueries(
    snapshot: MeshSnapshot,
    catalogue: Catalogue,
    options: QueryOptions,
): LabeledQuery[] {
    const problems: string[] = optionProblems(options);
    const source = sourceOf(snapshot, options.source);
    if (source === undefined) {
        const known = [
            ...callees(snapshot).map(({ workload }) => workload.name),
            ...Object.keys(INGRESS_GATEWAYS),
            ...["unknown-workload", "outside-mesh"],
        ];
        const renamed = renamedSource(options.source);
        problems.push(
            renamed !== undefined
                ? `source ${options.source} was renamed: use ${renamed}`
                : `unknown source "${options.source}". Use a service, a gateway (${Object.keys(INGRESS_GATEWAYS).join(", ")}), ` +
                      `namespace/service-account, unknown-workload or outside-mesh.${suggestion(options.source, known)}`,
        );
    }
    const callee = findCallee(snapshot, options.destination);
    const external = callee === undefined ? externalQueries(snapshot, catalogue, options) : [];
    if (callee === undefined && external.length === 0) {
        problems.push(
            `unknown destination "${options.destination}". Use a service, a store, an external group or an external host.` +
                suggestion(options.destination, [
                    ...callees(snapshot).map(({ workload }) => workload.name),
                    ...Object.keys(catalogue.external),
                ]) +
                ` External groups: ${Object.keys(catalogue.external).sort().join(", ")}.`,
        );
    }
    if (external.length > 0) problems.push(...externalOptionProblems(options));
    if (options.address !== undefined && callee !== undefined) {
        problems.push(
            `--address ${options.address}: only external hosts take an address, and ${options.destination} is in the mesh`,
        );
    }
    if (source === undefined || problems.length > 0) throw new InvalidQuery(problems.join("\n"));
    if (callee === undefined) return external.map((one) => ({ ...one, query: { source, ...one.query } }));
    return serviceQueries(catalogue, source, callee, options);
}

/** ` Did you mean "auth"?`, or nothing if no known name is close. */
function suggestion(name: string, known: readonly string[]): string {
    const one = nearest(name, known);
    return one === undefined ? "" : ` Did you mean "${one}"?`;
}

function optionProblems({ path, address, method }: QueryOptions): string[] {
    return [
        ...(method === undefined || HTTP_METHODS.includes(method)
            ? []
            : [`--method ${method}: not an HTTP method. Use one of ${HTTP_METHODS.join(", ")}.`]),
        ...(path === undefined || path.startsWith("/")
            ? []
            : [`--path ${path}: a path starts with a slash; a gRPC method is /package.Service/Method`]),
        ...(address === undefined || isIPv4(address)
            ? []
            : [`--address ${address}: not an IPv4 address such as 10.20.0.7`]),
    ];
}

function sourceOf(snapshot: MeshSnapshot, name: string): AccessSource | undefined {
    const gateway = Object.entries(INGRESS_GATEWAYS).find(([key]) => key === name)?.[1];
    const entry = gateways(snapshot).find(({ workload }) => workload.name === gateway);
    if (entry !== undefined) return { kind: "ingress", gateway: entry };
    if (name === "unknown-workload" || name === "outside-mesh") {
        const pod = podOf(snapshot, NAMESPACES.services, UNKNOWN_WORKLOAD_ACCOUNT);
        return { kind: "workload", workload: { ...pod, name, meshed: name === "unknown-workload" } };
    }
    const known = findCallee(snapshot, name);
    if (known !== undefined) return { kind: "workload", workload: known.workload };
    const [namespace, account, ...rest] = name.split("/");
    if (!namespace || !account || rest.length > 0) return undefined;
    return { kind: "workload", workload: podOf(snapshot, namespace, account) };
}

function serviceQueries(
    catalogue: Catalogue,
    source: AccessSource,
    callee: Callee,
    options: QueryOptions,
): LabeledQuery[] {
    const { path } = options;
    const offers = callee.ports.map((port) => ({
        port,
        operations: operationsOfPort(catalogue, callee, port),
    }));
    const chosen = offers.filter(({ port, operations }) => {
        if (options.port !== undefined)
            return port.name === options.port || String(port.number) === options.port;
        if (port.name === HEALTH_PORT.name) return false;
        return (
            path === undefined ||
            (port.http && (!isGrpc(path) || operations.some(({ path: samplePath }) => samplePath === path)))
        );
    });
    const named =
        options.port === undefined && path !== undefined && chosen.length === 0
            ? offers.filter(({ port }) => port.http && port.name !== HEALTH_PORT.name)
            : chosen;
    if (named.length === 0) {
        const ports = callee.ports.map(({ name, number }) => `${name} (${number})`).join(", ");
        throw new InvalidQuery(
            `${callee.workload.name} has no ${options.port === undefined ? "HTTP port" : `port ${options.port}`}. Its ports: ${ports}.`,
        );
    }
    return named.flatMap(({ port, operations }) => {
        const target = { kind: "service", callee, port } as const;
        const name = port.name === "" ? String(port.number) : port.name;
        if (!port.http) {
            if (path !== undefined)
                throw new InvalidQuery(
                    `port ${name} of ${callee.workload.name} is TCP, where the mesh sees no paths: remove --path`,
                );
            return [{ port: name, request: "a connection", query: { source, target } }];
        }
        return requestsOf(operations, options).map(({ method, path: samplePath, pattern }) => ({
            port: name,
            request: `${method} ${pattern}`,
            query: { source, target, http: requestOf(method, samplePath, options) },
        }));
    });
}

function requestsOf(operations: readonly PortOperation[], { path, method }: QueryOptions): PortOperation[] {
    if (path !== undefined) {
        const sample = path.replaceAll(/\{\*\*?\}/g, "x");
        return [{ method: method ?? (isGrpc(path) ? "POST" : "GET"), path: sample, pattern: path }];
    }
    const matching = operations.filter((one) => method === undefined || one.method === method);
    return matching.length > 0 ? matching : [{ method: method ?? "GET", path: "/", pattern: "/" }];
}

/** `/package.Service/Method`. */
export function isGrpc(path: string): boolean {
    return /^\/\w+(\.\w+)+\/\w+$/.test(path);
}
