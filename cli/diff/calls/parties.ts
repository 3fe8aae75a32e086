/** Who asks and who is asked, on either side, by names that mean the same on both. */
import { ENTRY_GATEWAYS, NAMESPACES } from "../../../components/base/names";
import type { Source } from "../../explain/evaluate/evaluate";
import type { Callee, Workload } from "../../explain/evaluate/model";
import { callees, gateways, podOf } from "../../explain/world/places";
import type { World } from "../../explain/world/world";
import { STRANGER_ACCOUNT } from "../../verify/plan/places";

/** A client outside is named after its gateway: `public`. */
export function sourcesOf(world: World): Map<string, Source> {
    const stranger = podOf(world, NAMESPACES.services, STRANGER_ACCOUNT);
    const workload = (name: string, meshed: boolean): [string, Source] => [
        name,
        { kind: "workload", workload: { ...stranger, name, meshed } },
    ];
    return new Map<string, Source>([
        ...callees(world).map((callee): [string, Source] => [
            nameOf(callee),
            { kind: "workload", workload: callee.workload },
        ]),
        ...Object.entries(ENTRY_GATEWAYS).flatMap(([key, name]): [string, Source][] =>
            gateways(world)
                .filter(({ workload: { name: own } }) => own === name)
                .map((gateway) => [`${key} gateway's clients`, { kind: "entry", gateway }]),
        ),
        workload("a stranger in the mesh", true),
        workload("a pod outside the mesh", false),
    ]);
}

export function calleesOf(world: World): Map<string, Callee> {
    return new Map(callees(world).map((callee) => [nameOf(callee), callee]));
}

/** A service by its name alone, all else with its namespace. */
function nameOf({ workload: { name, namespace } }: Callee): string {
    return namespace === NAMESPACES.services ? name : `${namespace}/${name}`;
}

export function namesOf(maps: readonly ReadonlyMap<string, unknown>[]): string[] {
    return [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
}

/** The gateway by which a source enters. */
export function entryOf(source: Source | undefined): Workload[] {
    return source?.kind === "entry" ? [source.gateway.workload] : [];
}

/** Hosts to which a route of any gateway leads. */
export function routedHosts(world: World): ReadonlySet<string> {
    const routes = world
        .of("VirtualService")
        .filter(({ spec: { gateways: bound = [] } }) => bound.some((name) => name !== "mesh"))
        .flatMap(({ spec: { http = [], tcp = [], tls = [] } }) => [...http, ...tcp, ...tls]);
    return new Set(routes.flatMap(({ route = [] }) => route.map(({ destination }) => destination.host)));
}
