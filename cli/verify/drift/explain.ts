/** Which objects speak to a difference: those that drifted, or else the program's own. */
import { SERVICE_LABEL } from "../../../components/base/labels";
import { NAMESPACES, serviceHost } from "../../../components/base/names";
import type { Check, Finding } from "../model";
import type { Drift } from "./compare";
import { describeObject } from "./describe";
import { type KubeObject, keyOf, selectorOf } from "./objects";

/**
 * Sentences that explain a difference, the likeliest cause first. Without drift the program itself is at odds with
 * the catalogue, or the cluster has not caught up: its objects for this pair are named then.
 */
export function explain(
    { check }: Finding,
    drift: readonly Drift[],
    program: readonly KubeObject[],
): string[] {
    const involved = drift.filter(({ object }) => concerns(object, check));
    if (involved.length > 0) return involved.map(({ text }) => text);
    const own = program.filter((object) => concerns(object, check) && decides(object, check));
    return [
        "no object that could explain it differs from the program's",
        ...own.map((object) => `${keyOf(object)} of the program ${describeObject(object)}`),
    ];
}

/** Whether `object` may bear on a request of `check`: by where it stands and whom it selects. */
function concerns(object: KubeObject, { source, destination, entry, outside }: Check): boolean {
    const { namespace } = object.metadata;
    if (outside !== undefined && namespace === NAMESPACES.egress && object.kind !== "AuthorizationPolicy") {
        return JSON.stringify(object.spec ?? {}).includes(`"${outside.host}"`);
    }
    const of = (workload: string) => (selectorOf(object)?.[SERVICE_LABEL] ?? workload) === workload;
    const atCallee = namespace === destination.namespace && of(destination.name);
    const meshWide = namespace === NAMESPACES.system;
    const atGateway = entry !== undefined && namespace === NAMESPACES.ingress && of(entry.gateway);
    switch (object.kind) {
        case "Sidecar":
            return source.kind === "service" && namespace === source.namespace && of(source.name);
        case "AuthorizationPolicy":
        case "PeerAuthentication":
        case "RequestAuthentication":
            return atCallee || meshWide || atGateway;
        case "DestinationRule": {
            const { host = "" } = object.spec as { host?: string };
            return host.split(".")[0] === destination.name || host.startsWith("*");
        }
        case "VirtualService": {
            const { hosts = [] } = object.spec as { hosts?: readonly string[] };
            const own = entry?.host ?? serviceHost(destination.name, destination.namespace);
            return hosts.includes(own);
        }
        default:
            return atCallee || meshWide || atGateway;
    }
}

/** Whether one of the program's objects says something of this very pair, and not only of all. */
function decides(object: KubeObject, { source, destination, layer }: Check): boolean {
    switch (object.kind) {
        case "AuthorizationPolicy":
            return JSON.stringify(object.spec).includes(`/ns/${source.namespace}/sa/${source.account}"`);
        case "PeerAuthentication":
            return (
                source.kind === "unmeshed" &&
                (selectorOf(object) !== undefined || destination.mtls === "PERMISSIVE")
            );
        case "Sidecar":
            return layer === "source" && selectorOf(object) !== undefined;
        case "VirtualService":
            return layer === "resilience" && object.metadata.name === destination.name;
        default:
            return false;
    }
}
