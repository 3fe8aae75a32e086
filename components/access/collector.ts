/** Who sends spans to the collector: every proxy that sees requests of the platform. Nobody may read them there. */
import type { Catalogue } from "../../catalogue/model";
import { reachedHosts } from "../../catalogue/query";
import { collectorOf } from "../base/collector";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { EGRESS_GATEWAY, ENTRY_GATEWAYS, NAMESPACES, type NamespaceName, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { type Rule, allow } from "./allow";

export function collectorAuthorization({ catalogue, config }: Platform): AuthorizationPolicyManifest[] {
    const collector = collectorOf(config);
    if (collector === undefined) return [];
    const operation = {
        ports: [String(collector.port)],
        methods: ["POST"],
        paths: ["/opentelemetry.proto.collector.trace.v1.TraceService/Export"],
    };
    const rules = senders(catalogue).map((sender): Rule => {
        const source = { principals: [principal(config, ...sender)] };
        return { from: [{ source }], to: [{ operation }] };
    });
    return [allow(`${collector.name}-from-proxies`, collector.namespace, collector.name, rules)];
}

/** By account, which is the workload's name too. */
export function senders(catalogue: Catalogue): (readonly [namespace: NamespaceName, account: string])[] {
    return [
        ...Object.values(ENTRY_GATEWAYS).map((gateway) => [NAMESPACES.ingress, gateway] as const),
        ...(reachedHosts(catalogue).length > 0 ? [[NAMESPACES.egress, EGRESS_GATEWAY] as const] : []),
        ...Object.keys(catalogue.services)
            .sort()
            .map((name) => [NAMESPACES.services, name] as const),
    ];
}
