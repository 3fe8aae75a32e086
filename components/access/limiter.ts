import type { MeshConfig } from "../../config/schema";
import { COUNTERS, LIMITER, limitedByPlan } from "../base/limiter";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, NAMESPACES, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { allow, allowName } from "./allow";

/** The public gateway asks the limiter, and the limiter its counters. */
export function limiterPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    if (limitedByPlan(platform).length === 0) return [];
    const { config } = platform;
    return [
        toPort(config, LIMITER.name, LIMITER.grpc, NAMESPACES.ingress, ENTRY_GATEWAYS.public),
        toPort(config, COUNTERS.name, COUNTERS.port, LIMITER.namespace, LIMITER.name),
    ];
}

function toPort(
    config: MeshConfig,
    callee: string,
    port: number,
    namespace: string,
    caller: string,
): AuthorizationPolicyManifest {
    const source = { principals: [principal(config, namespace, caller)] };
    const rule = { from: [{ source }], to: [{ operation: { ports: [String(port)] } }] };
    return allow(allowName(callee, caller), NAMESPACES.ingress, callee, [rule]);
}
