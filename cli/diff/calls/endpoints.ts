/** Sources and destinations of both sides, by comparable names. */
import { INGRESS_GATEWAYS, NAMESPACES } from "../../../components/base/names";
import type { AccessSource } from "../../lib/evaluate/evaluate";
import type { Callee, Workload } from "../../lib/evaluate/model";
import { callees, gateways, podOf } from "../../lib/evaluate/workloads";
import type { MeshSnapshot } from "../../lib/snapshot/snapshot";
import { UNKNOWN_WORKLOAD_ACCOUNT } from "../../lib/probers";

/** Clients outside the cluster are named after their gateway. */
export function sourcesOf(snapshot: MeshSnapshot): Map<string, AccessSource> {
    const unknownWorkload = podOf(snapshot, NAMESPACES.services, UNKNOWN_WORKLOAD_ACCOUNT);
    const workload = (name: string, meshed: boolean): [string, AccessSource] => [
        name,
        { kind: "workload", workload: { ...unknownWorkload, name, meshed } },
    ];
    return new Map<string, AccessSource>([
        ...callees(snapshot).map((callee): [string, AccessSource] => [
            nameOf(callee),
            { kind: "workload", workload: callee.workload },
        ]),
        ...Object.entries(INGRESS_GATEWAYS).flatMap(([key, name]): [string, AccessSource][] =>
            gateways(snapshot)
                .filter(({ workload: { name: workloadName } }) => workloadName === name)
                .map((gateway) => [`${key} gateway's clients`, { kind: "ingress", gateway }]),
        ),
        workload("an unknown workload in the mesh", true),
        workload("a pod outside the mesh", false),
    ]);
}

export function calleesOf(snapshot: MeshSnapshot): Map<string, Callee> {
    return new Map(callees(snapshot).map((callee) => [nameOf(callee), callee]));
}

/** The plain name of a service; all others with their namespace. */
function nameOf({ workload: { name, namespace } }: Callee): string {
    return namespace === NAMESPACES.services ? name : `${namespace}/${name}`;
}

export function namesOf(maps: readonly ReadonlyMap<string, unknown>[]): string[] {
    return [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
}

/** The ingress gateway of a source, if it is a client outside the cluster. */
export function gatewayOfSource(source: AccessSource | undefined): Workload[] {
    return source?.kind === "ingress" ? [source.gateway.workload] : [];
}

/** Hosts that gateways route to. */
export function routedHosts(snapshot: MeshSnapshot): ReadonlySet<string> {
    const routes = snapshot
        .of("VirtualService")
        .filter(({ spec: { gateways: bound = [] } }) => bound.some((name) => name !== "mesh"))
        .flatMap(({ spec: { http = [], tcp = [], tls = [] } }) => [...http, ...tcp, ...tls]);
    return new Set(routes.flatMap(({ route = [] }) => route.map(({ destination }) => destination.host)));
}
