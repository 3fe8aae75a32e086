/** Which hosts come within reach: those outside that workloads reach, and our own that clients reach. */
import { evaluate } from "../explain/evaluate/evaluate";
import { matchesDnsName } from "../explain/evaluate/match";
import type { Outside } from "../explain/evaluate/model";
import type { World } from "../explain/world/world";
import { namesOf, sourcesOf } from "./calls/parties";

export interface HostChange {
    /** `api.example.com:443`, or `any other host`. */
    readonly host: string;
    /** Who reaches it now and did not, or the other way round. */
    readonly by: readonly string[];
}

export interface HostChanges {
    readonly reachable: readonly HostChange[];
    readonly unreachable: readonly HostChange[];
}

/** Stands for every host that neither side knows. */
const OTHER: Outside = { host: "no-mesh-knows-this.example", port: 443, http: false };
const OTHER_TEXT = "any other host";

export function compareHosts(before: World, after: World): HostChanges {
    const all = [...outsideChanges(before, after), ...servedChanges(before, after)];
    const of = (opened: boolean) =>
        all.flatMap(({ host, opens, closes }) => {
            const by = opened ? opens : closes;
            return by.length === 0 ? [] : [{ host, by }];
        });
    return { reachable: of(true), unreachable: of(false) };
}

interface Change {
    readonly host: string;
    readonly opens: readonly string[];
    readonly closes: readonly string[];
}

function outsideChanges(before: World, after: World): Change[] {
    const worlds = [before, after];
    const sources = worlds.map(sourcesOf);
    const hosts = new Map([[OTHER_TEXT, OTHER], ...worlds.flatMap(outsideOf)]);
    return [...hosts].sort(byName).map(([host, outside]) => {
        const reach = (side: number, name: string): boolean => {
            const [world, source] = [worlds[side], sources[side]?.get(name)];
            if (world === undefined || source?.kind !== "workload") return false;
            const http = { method: "GET", path: "/", headers: {} };
            return evaluate(world, {
                source,
                target: { kind: "outside", outside },
                ...(outside.http ? { http } : {}),
            }).allowed;
        };
        const changed = namesOf(sources)
            .map((name) => ({ name, was: reach(0, name), is: reach(1, name) }))
            .filter(({ was, is }) => was !== is);
        return {
            host,
            opens: changed.filter(({ is }) => is).map(({ name }) => name),
            closes: changed.filter(({ was }) => was).map(({ name }) => name),
        };
    });
}

function outsideOf(world: World): [string, Outside][] {
    return world
        .of("ServiceEntry")
        .flatMap(({ spec }) =>
            spec.hosts.flatMap((host) =>
                (spec.ports ?? []).map(({ number, protocol = "TCP" }): [string, Outside] => [
                    `${host}:${number}`,
                    { host, port: number, http: /^(HTTP|HTTP2|GRPC)$/i.test(protocol) },
                ]),
            ),
        );
}

/** Hosts that a gateway serves and that a route leads from. */
function servedChanges(before: World, after: World): Change[] {
    const [old, now] = [servedOf(before), servedOf(after)];
    return [...new Set([...old.keys(), ...now.keys()])].sort().map((host) => {
        const [was, is] = [old.get(host) ?? [], now.get(host) ?? []];
        return {
            host,
            opens: is.filter((by) => !was.includes(by)),
            closes: was.filter((by) => !is.includes(by)),
        };
    });
}

function servedOf(world: World): Map<string, string[]> {
    const served = new Map<string, string[]>();
    for (const { metadata, spec } of world.of("Gateway")) {
        const name = `${metadata.namespace}/${metadata.name}`;
        const routed = world
            .of("VirtualService")
            .filter(({ spec: { gateways = [] } }) => gateways.includes(name))
            .flatMap(({ spec: { hosts = [] } }) => hosts);
        for (const { hosts, port } of spec.servers ?? [])
            for (const host of hosts.map((one) => one.slice(one.indexOf("/") + 1))) {
                if (!routed.some((own) => matchesDnsName(host, own) || matchesDnsName(own, host))) continue;
                const key = `${host}:${port.number}`;
                served.set(key, [...(served.get(key) ?? []), `clients of the gateway ${name}`].sort());
            }
    }
    return served;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
    return a < b ? -1 : 1;
}
