/** Changes in reachable hosts: external hosts for workloads, and exposed hosts for clients. */
import { evaluate } from "../lib/evaluate/evaluate";
import { matchesDnsName } from "../lib/evaluate/match";
import type { ExternalEndpoint } from "../lib/evaluate/model";
import type { MeshSnapshot } from "../lib/snapshot/snapshot";
import { namesOf, sourcesOf } from "./calls/endpoints";

export interface HostChange {
    /** `api.example.com:443`, or `any other host`. */
    readonly host: string;
    /** The sources that gained or lost access. */
    readonly by: readonly string[];
}

export interface HostChanges {
    readonly reachable: readonly HostChange[];
    readonly unreachable: readonly HostChange[];
}

/** Represents every host that neither side lists. */
const OTHER: ExternalEndpoint = { host: "no-mesh-knows-this.example", port: 443, http: false };
const OTHER_TEXT = "any other host";

export function compareHosts(before: MeshSnapshot, after: MeshSnapshot): HostChanges {
    const all = [...externalChanges(before, after), ...servedChanges(before, after)];
    const of = (granted: boolean) =>
        all.flatMap(({ host, gained, lost }) => {
            const by = granted ? gained : lost;
            return by.length === 0 ? [] : [{ host, by }];
        });
    return { reachable: of(true), unreachable: of(false) };
}

interface Change {
    readonly host: string;
    readonly gained: readonly string[];
    readonly lost: readonly string[];
}

function externalChanges(before: MeshSnapshot, after: MeshSnapshot): Change[] {
    const snapshots = [before, after];
    const sources = snapshots.map(sourcesOf);
    const hosts = new Map([[OTHER_TEXT, OTHER], ...snapshots.flatMap(externalHostsOf)]);
    return [...hosts].sort(byName).map(([host, external]) => {
        const reach = (side: number, name: string): boolean => {
            const [snapshot, source] = [snapshots[side], sources[side]?.get(name)];
            if (snapshot === undefined || source?.kind !== "workload") return false;
            const http = { method: "GET", path: "/", headers: {} };
            return evaluate(snapshot, {
                source,
                target: { kind: "external", external },
                ...(external.http ? { http } : {}),
            }).allowed;
        };
        const changed = namesOf(sources)
            .map((name) => ({ name, was: reach(0, name), is: reach(1, name) }))
            .filter(({ was, is }) => was !== is);
        return {
            host,
            gained: changed.filter(({ is }) => is).map(({ name }) => name),
            lost: changed.filter(({ was }) => was).map(({ name }) => name),
        };
    });
}

function externalHostsOf(snapshot: MeshSnapshot): [string, ExternalEndpoint][] {
    return snapshot
        .of("ServiceEntry")
        .flatMap(({ spec }) =>
            spec.hosts.flatMap((host) =>
                (spec.ports ?? []).map(({ number, protocol = "TCP" }): [string, ExternalEndpoint] => [
                    `${host}:${number}`,
                    { host, port: number, http: /^(HTTP|HTTP2|GRPC)$/i.test(protocol) },
                ]),
            ),
        );
}

/** Hosts that a gateway serves and routes. */
function servedChanges(before: MeshSnapshot, after: MeshSnapshot): Change[] {
    const [old, now] = [servedOf(before), servedOf(after)];
    return [...new Set([...old.keys(), ...now.keys()])].sort().map((host) => {
        const [was, is] = [old.get(host) ?? [], now.get(host) ?? []];
        return {
            host,
            gained: is.filter((by) => !was.includes(by)),
            lost: was.filter((by) => !is.includes(by)),
        };
    });
}

function servedOf(snapshot: MeshSnapshot): Map<string, string[]> {
    const served = new Map<string, string[]>();
    for (const { metadata, spec } of snapshot.of("Gateway")) {
        const name = `${metadata.namespace}/${metadata.name}`;
        const routed = snapshot
            .of("VirtualService")
            .filter(({ spec: { gateways = [] } }) => gateways.includes(name))
            .flatMap(({ spec: { hosts = [] } }) => hosts);
        for (const { hosts, port } of spec.servers ?? [])
            for (const host of hosts.map((one) => one.slice(one.indexOf("/") + 1))) {
                if (
                    !routed.some(
                        (exposedHost) =>
                            matchesDnsName(host, exposedHost) || matchesDnsName(exposedHost, host),
                    )
                )
                    continue;
                const key = `${host}:${port.number}`;
                served.set(key, [...(served.get(key) ?? []), `clients of the gateway ${name}`].sort());
            }
    }
    return served;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
    return a < b ? -1 : 1;
}
