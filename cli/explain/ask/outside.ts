/** Questions about hosts outside: one, or all of an external group. */
import { isIPv4 } from "node:net";
import type { Catalogue } from "../../../catalogue/model";
import type { Question } from "../evaluate/evaluate";
import { matchesDnsName } from "../evaluate/match";
import type { Outside } from "../evaluate/model";
import type { World } from "../world/world";
import { type Asked, requestOf } from "./asked";

interface OutsideAsking {
    readonly port: string;
    readonly request: string;
    readonly question: Omit<Question, "source">;
}

/** What is wrong with options for a destination outside the mesh. */
export function outsideProblems({ destination, address, port }: Asked): string[] {
    return [
        ...(address === undefined || !isIPv4(destination)
            ? []
            : [
                  `--address ${address}: the destination ${destination} is an address already; leave --address out, or name the host as the destination`,
              ]),
        ...(port === undefined || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)
            ? []
            : [
                  `--port ${port}: the ports of an external host have no names; write a number from 1 to 65535, such as 443`,
              ]),
    ];
}

/** None if `destination` is neither a group of the catalogue nor looks like a host. */
export function outsideQuestions(world: World, catalogue: Catalogue, asked: Asked): OutsideAsking[] {
    const { destination } = asked;
    const group = Object.hasOwn(catalogue.external, destination)
        ? catalogue.external[destination]
        : undefined;
    if (isIPv4(destination)) return addressQuestions(world, asked);
    const hosts = group?.hosts.map(({ host }) => host) ?? (destination.includes(".") ? [destination] : []);
    return [...new Set(hosts)].flatMap((host) =>
        portsOf(world, catalogue, host, asked.port).map((outside) => {
            const method = asked.method ?? "GET";
            const path = asked.path ?? "/";
            return {
                port: `${host}:${outside.port}`,
                request: outside.http ? `${method} ${path}` : "a connection",
                question: {
                    target: {
                        kind: "outside" as const,
                        outside: {
                            ...outside,
                            ...(asked.address === undefined ? {} : { address: asked.address }),
                        },
                    },
                    ...(outside.http ? { http: requestOf(method, path, asked) } : {}),
                },
            };
        }),
    );
}

/** An address, under the name that a ServiceEntry gives it: programs call it directly, and no proxy sees another name. */
function addressQuestions(world: World, { destination: address, port: asked }: Asked): OutsideAsking[] {
    const entry = world
        .of("ServiceEntry")
        .find(({ spec }) => spec.addresses?.some((own) => own === address || own === `${address}/32`));
    const [host = address] = entry?.spec.hosts ?? [];
    const ports = entry?.spec.ports?.map(({ number }) => number) ?? [];
    const chosen = asked === undefined ? (ports.length > 0 ? ports : [443]) : [Number(asked)];
    return chosen.map((port) => ({
        port: `${address}:${port}`,
        request: "a connection",
        question: { target: { kind: "outside" as const, outside: { host, port, http: false, address } } },
    }));
}

/** The ports under which the mesh knows a host, else the catalogue's, else 443. */
function portsOf(world: World, { external }: Catalogue, host: string, asked?: string): Outside[] {
    const entries = world
        .of("ServiceEntry")
        .filter(({ spec }) => spec.hosts.some((own) => matchesDnsName(own, host)))
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
    if (asked === undefined) return known.length > 0 ? known : [{ host, port: 443, http: false }];
    const one = known.find(({ port }) => String(port) === asked);
    return [one ?? { host, port: Number(asked), http: false }];
}
