/** What the gateways' EnvoyFilters have in common. */
import * as base from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, type GatewayKey, NAMESPACES } from "../base/names";

export type Patch = base.EnvoyPatch;

/**
 * The order in which filters are put before the router, and so that in which they see a request. Also, without a
 * priority Istio cannot promise that what a patch refers to is already there.
 */
export const PRIORITY = {
    paths: 0,
    headers: 0,
    tokens: 5,
    sampling: 7,
    tenants: 10,
    localLimits: 20,
    globalLimits: 30,
    bearer: 40,
    requestHeaders: 45,
    cors: 50,
} as const;

/** An EnvoyFilter for one gateway, or for all of them. */
export function envoyFilter(
    name: string,
    gateway: GatewayKey | "all",
    priority: number,
    configPatches: Patch[],
): EnvoyFilterManifest {
    return base.envoyFilter({
        name,
        namespace: NAMESPACES.ingress,
        ...(gateway === "all" ? {} : { workload: ENTRY_GATEWAYS[gateway] }),
        priority,
        patches: configPatches,
    });
}

/** Puts a filter before all others, those of a lower priority included. */
export function firstFilter(name: string, typedConfig: Record<string, unknown>): Patch {
    return base.firstFilter("GATEWAY", name, typedConfig);
}

/** Changes the HTTP connection manager of every listener. */
export function connectionManager(value: Record<string, unknown>): Patch {
    return base.onConnectionManager("GATEWAY", value);
}

/** Puts a filter right before the router of every gateway's listeners. */
export function beforeRouter(name: string, typedConfig: Record<string, unknown>): Patch {
    return base.beforeRouter({ context: "GATEWAY" }, name, typedConfig);
}
