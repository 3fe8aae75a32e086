/**
 * Authorization of the trace collector: every proxy that handles the platform's requests can send spans. No workload
 * can read them there.
 */
import type { Catalogue } from "../../catalogue/model";
import { reachableHosts } from "../../catalogue/query";
import { collectorOf } from "../base/collector";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { EGRESS_GATEWAY, INGRESS_GATEWAYS, NAMESPACES, type NamespaceName, principal } from "../base/names";
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

/** Service accounts, which have the workloads' names. */
export function senders(catalogue: Catalogue): (readonly [namespace: NamespaceName, account: string])[] {
    return [
        ...Object.values(INGRESS_GATEWAYS).map((gateway) => [NAMESPACES.ingress, gateway] as const),
        ...(reachableHosts(catalogue).length > 0 ? [[NAMESPACES.egress, EGRESS_GATEWAY] as const] : []),
        ...Object.keys(catalogue.services)
            .sort()
            .map((name) => [NAMESPACES.services, name] as const),
    ];
}
