import type { MeshConfig } from "../../config/schema";
import { COUNTERS, LIMITER, limitedByPlan } from "../base/limiter";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, NAMESPACES, principal } from "../base/names";
import type { Platform } from "../base/platform";

/** The public gateway asks the limiter, and the limiter its counters. */
export function limiterPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    if (limitedByPlan(platform).length === 0) return [];
    const { config } = platform;
    return [
        allow(config, LIMITER.name, LIMITER.grpc, NAMESPACES.ingress, ENTRY_GATEWAYS.public),
        allow(config, COUNTERS.name, COUNTERS.port, LIMITER.namespace, LIMITER.name),
    ];
}

function allow(
    config: MeshConfig,
    callee: string,
    port: number,
    namespace: string,
    caller: string,
): AuthorizationPolicyManifest {
    const source = { principals: [principal(config, namespace, caller)] };
    return {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: {
            name: `${callee}-from-${caller}`,
            namespace: NAMESPACES.ingress,
            labels: COMMON_LABELS,
        },
        spec: {
            selector: serviceSelector(callee),
            action: "ALLOW",
            rules: [{ from: [{ source }], to: [{ operation: { ports: [String(port)] } }] }],
        },
    };
}
