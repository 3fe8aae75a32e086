/**
 * Authorization of the trace collector: every proxy that handles the platform's requests can send spans. No workload
 * can read them there.
 */
import { collectorOf, spanSenders } from "../shared/monitoring/collector";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { principal } from "../base/names";
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
    const rules = spanSenders(catalogue).map((sender): Rule => {
        const source = { principals: [principal(config, ...sender)] };
        return { from: [{ source }], to: [{ operation }] };
    });
    return [allow(`${collector.name}-from-proxies`, collector.namespace, collector.name, rules)];
}
