/** Changes by patch resources, which contain only a part of the object. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { kindOf, meta, type Mutation } from "../model";
import { added } from "./added";

const OPENING: Readonly<Record<string, object>> = {
    PeerAuthentication: { portLevelMtls: { 9090: { mode: "STRICT" } } },
    AuthorizationPolicy: { selector: { matchLabels: { app: "x" } } },
    RequestAuthentication: { jwtRules: [] },
    NetworkPolicy: { podSelector: { matchLabels: { app: "x" } } },
    Gateway: { servers: [] },
    Sidecar: { workloadSelector: { labels: { app: "x" } } },
    VirtualService: { hosts: ["x"] },
    DestinationRule: { trafficPolicy: { outlierDetection: { interval: "300s" } } },
    ServiceEntry: { endpoints: [{ address: "203.0.113.7" }] },
};

/** A patch for each object; alone, it does not look like an opening. */
export function patches(stack: readonly EvaluatedResource[]): Mutation[] {
    return stack.flatMap((resource) => {
        const kind = kindOf(resource);
        const spec = OPENING[kind];
        if (spec === undefined) return [];
        const { name, namespace } = meta(resource);
        const { add, ...mutation } = added(
            `patched: a part of a ${kind}`,
            resource.properties["apiVersion"] as string,
            kind,
            namespace,
            name,
            spec,
        );
        return [
            { ...mutation, add: (add ?? []).map((object) => ({ ...object, type: `${object.type}Patch` })) },
        ];
    });
}
