/** Finds the objects that may explain a mismatch: drifted ones, or else the program's. */
import { SERVICE_LABEL } from "../../components/base/labels";
import { NAMESPACES, serviceHost } from "../../components/base/names";
import type { Check, CheckResult } from "./model";
import type { Drift } from "../lib/drift/compare";
import { describeObject } from "../lib/drift/describe";
import { type KubeObject, keyOf, selectorOf } from "../lib/drift/objects";

/**
 * Sentences that may explain a mismatch, the likeliest cause first. Without drift, the program contradicts the
 * catalogue or the change has not propagated yet; the sentences then list the program's objects for this pair.
 */
export function explain(
    { check }: CheckResult,
    drift: readonly Drift[],
    program: readonly KubeObject[],
): string[] {
    const involved = drift.filter(({ object }) => mayAffect(object, check));
    if (involved.length > 0) return involved.map(({ text }) => text);
    const deciding = program.filter((object) => mayAffect(object, check) && namesPair(object, check));
    return [
        "no drifted object explains it",
        ...deciding.map((object) => `${keyOf(object)} (from the program) ${describeObject(object)}`),
    ];
}

/** Whether `object` may affect the request of `check`, by its namespace and selector. */
function mayAffect(object: KubeObject, { source, destination, ingress, egress }: Check): boolean {
    const { namespace } = object.metadata;
    if (egress !== undefined && namespace === NAMESPACES.egress && object.kind !== "AuthorizationPolicy") {
        return JSON.stringify(object.spec ?? {}).includes(`"${egress.host}"`);
    }
    const of = (workload: string) => (selectorOf(object)?.[SERVICE_LABEL] ?? workload) === workload;
    const atCallee = namespace === destination.namespace && of(destination.name);
    const meshWide = namespace === NAMESPACES.system;
    const atGateway = ingress !== undefined && namespace === NAMESPACES.ingress && of(ingress.gateway);
    switch (object.kind) {
        case "Sidecar":
            return source.kind === "service" && namespace === source.namespace && of(source.name);
        case "AuthorizationPolicy":
        case "PeerAuthentication":
        case "RequestAuthentication":
            return atCallee || meshWide || atGateway;
        case "DestinationRule": {
            const { host = "" } = object.spec as { host?: string };
            return host.split(".")[0] === (destination.service ?? destination.name) || host.startsWith("*");
        }
        case "VirtualService": {
            const { hosts = [] } = object.spec as { hosts?: readonly string[] };
            const host =
                ingress?.host ?? serviceHost(destination.service ?? destination.name, destination.namespace);
            return hosts.includes(host);
        }
        default:
            return atCallee || meshWide || atGateway;
    }
}

/** Whether an object of the program is specific to this pair, rather than general. */
function namesPair(object: KubeObject, { source, destination, layer }: Check): boolean {
    switch (object.kind) {
        case "AuthorizationPolicy":
            return JSON.stringify(object.spec).includes(`/ns/${source.namespace}/sa/${source.account}"`);
        case "PeerAuthentication":
            return (
                source.kind === "outside-mesh" &&
                (selectorOf(object) !== undefined || destination.mtls === "PERMISSIVE")
            );
        case "Sidecar":
            return layer === "authorization" && selectorOf(object) !== undefined;
        case "VirtualService":
            return layer === "resilience" && object.metadata.name === destination.name;
        default:
            return false;
    }
}
