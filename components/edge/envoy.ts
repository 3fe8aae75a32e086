/** Helpers that the gateways' EnvoyFilters share. */
import * as base from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { INGRESS_GATEWAYS, type GatewayKey, NAMESPACES } from "../base/names";

export type Patch = base.EnvoyPatch;

/**
 * The order in which filters are inserted before the router, which is the order in which they run. Without a
 * priority, Istio does not guarantee that what a patch refers to exists.
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
        ...(gateway === "all" ? {} : { workload: INGRESS_GATEWAYS[gateway] }),
        priority,
        patches: configPatches,
    });
}

/** Inserts a filter before all others, including those of EnvoyFilters with a lower priority. */
export function firstFilter(
    name: string,
    typedConfig: Record<string, unknown>,
    skipped?: base.HeaderPattern,
): Patch {
    return base.firstFilter("GATEWAY", base.httpFilter(name, typedConfig, skipped));
}

/** Patches the HTTP connection manager of every listener. */
export function connectionManager(value: Record<string, unknown>): Patch {
    return base.onConnectionManager("GATEWAY", value);
}

/** Inserts a filter right before the router of every gateway's listeners. */
export function beforeRouter(
    name: string,
    typedConfig: Record<string, unknown>,
    skipped?: base.HeaderPattern,
): Patch {
    return base.beforeRouter({ context: "GATEWAY" }, name, typedConfig, skipped);
}
