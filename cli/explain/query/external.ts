/** Access queries for external hosts: a single one, or all of an external group. */
import { isIPv4 } from "node:net";
import type { Catalogue } from "../../../catalogue/model";
import type { AccessQuery } from "../../lib/evaluate/evaluate";
import { matchesDnsName } from "../../lib/evaluate/match";
import type { ExternalEndpoint } from "../../lib/evaluate/model";
import type { MeshSnapshot } from "../../lib/snapshot/snapshot";
import { type QueryOptions, requestOf } from "./options";

interface ExternalQuery {
    readonly port: string;
    readonly request: string;
    readonly query: Omit<AccessQuery, "source">;
}

/** Errors in options for an external destination. */
export function externalOptionProblems({ destination, address, port }: QueryOptions): string[] {
    return [
        ...(address === undefined || !isIPv4(destination)
            ? []
            : [
                  `--address ${address}: the destination ${destination} is an address already. Remove --address, or pass the host name as destination.`,
              ]),
        ...(port === undefined || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)
            ? []
            : [
                  `--port ${port}: ports of external hosts have no names. Pass a number from 1 to 65535, such as 443.`,
              ]),
    ];
}

/** Empty if `destination` is neither an external group nor a host name. */
export function externalQueries(
    snapshot: MeshSnapshot,
    catalogue: Catalogue,
    options: QueryOptions,
): ExternalQuery[] {
    const { destination } = options;
    const group = Object.hasOwn(catalogue.external, destination)
        ? catalogue.external[destination]
        : undefined;
    if (isIPv4(destination)) return addressQueries(snapshot, options);
    const hosts = group?.hosts.map(({ host }) => host) ?? (destination.includes(".") ? [destination] : []);
    return [...new Set(hosts)].flatMap((host) =>
        portsOf(snapshot, catalogue, host, options.port).map((external) => {
            const method = options.method ?? "GET";
            const path = options.path ?? "/";
            return {
                port: `${host}:${external.port}`,
                request: external.http ? `${method} ${path}` : "a connection",
                query: {
                    target: {
                        kind: "external" as const,
                        external: {
                            ...external,
                            ...(options.address === undefined ? {} : { address: options.address }),
                        },
                    },
                    ...(external.http ? { http: requestOf(method, path, options) } : {}),
                },
            };
        }),
    );
}

/**
 * Queries for an IP address, under the host of the ServiceEntry that lists it: clients call it directly, without a
 * name.
 */
function addressQueries(
    snapshot: MeshSnapshot,
    { destination: address, port: requestedPort }: QueryOptions,
): ExternalQuery[] {
    const entry = snapshot
        .of("ServiceEntry")
        .find(({ spec }) =>
            spec.addresses?.some((listed) => listed === address || listed === `${address}/32`),
        );
    const [host = address] = entry?.spec.hosts ?? [];
    const ports = entry?.spec.ports?.map(({ number }) => number) ?? [];
    const chosen = requestedPort === undefined ? (ports.length > 0 ? ports : [443]) : [Number(requestedPort)];
    return chosen.map((port) => ({
        port: `${address}:${port}`,
        request: "a connection",
        query: { target: { kind: "external" as const, external: { host, port, http: false, address } } },
    }));
}

/** The host's ports in ServiceEntries, else in the catalogue, else 443. */
function portsOf(
    snapshot: MeshSnapshot,
    { external }: Catalogue,
    host: string,
    requestedPort?: string,
): ExternalEndpoint[] {
    const entries = snapshot
        .of("ServiceEntry")
        .filter(({ spec }) => spec.hosts.some((pattern) => matchesDnsName(pattern, host)))
        .flatMap(({ spec }) => spec.ports ?? [])
        .map(({ number, protocol = "TCP" }) => ({
            host,
            port: number,
            http: /^(HTTP|HTTP2|GRPC)$/i.test(protocol),
        }));
    const listed = Object.values(external)
        .flatMap(({ hosts }) => hosts)
        .filter((one) => one.host === host)
        .map(({ port, tls }) =>
            tls === "originate" ? { host, port: 80, http: true } : { host, port, http: false },
        );
    const known = entries.length > 0 ? entries : listed;
    if (requestedPort === undefined) return known.length > 0 ? known : [{ host, port: 443, http: false }];
    const one = known.find(({ port }) => String(port) === requestedPort);
    return [one ?? { host, port: Number(requestedPort), http: false }];
}
