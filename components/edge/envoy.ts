/** What the gateways' EnvoyFilters have in common. */
import * as base from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, type GatewayKey, NAMESPACES } from "../base/names";

export type Patch = base.EnvoyPatch;

const CONNECTION_MANAGER = "envoy.filters.network.http_connection_manager";

/**
 * The order in which filters are put before the router, and so that in which they see a request. Also, without a
 * priority Istio cannot promise that what a patch refers to is already there.
 */
export const PRIORITY = { headers: 0, tenants: 10, localLimits: 20, globalLimits: 30 } as const;

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

/** Changes the HTTP connection manager of every listener. */
export function connectionManager(value: Record<string, unknown>): Patch {
    return {
        applyTo: "NETWORK_FILTER",
        match: { context: "GATEWAY", listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } } },
        patch: {
            operation: "MERGE",
            value: {
                typed_config: typed(
                    "filters.network.http_connection_manager.v3.HttpConnectionManager",
                    value,
                ),
            },
        },
    };
}

/** Puts a filter right before the router, behind all that Istio has there: a token is checked by then. */
export function beforeRouter(name: string, typedConfig: Record<string, unknown>): Patch {
    const subFilter = { name: "envoy.filters.http.router" };
    return {
        applyTo: "HTTP_FILTER",
        match: {
            context: "GATEWAY",
            listener: { filterChain: { filter: { name: CONNECTION_MANAGER, subFilter } } },
        },
        patch: { operation: "INSERT_BEFORE", value: { name, typed_config: typedConfig } },
    };
}

/** Changes the route of one exposure, which is named after its host. */
export function onRoute(host: string, value: Record<string, unknown>): Patch {
    return {
        applyTo: "HTTP_ROUTE",
        match: { context: "GATEWAY", routeConfiguration: { vhost: { route: { name: host } } } },
        patch: { operation: "MERGE", value },
    };
}

/** A message of one of Envoy's extensions: `filters.http.rbac.v3.RBAC`. */
export function typed(type: string, value: Record<string, unknown>): Record<string, unknown> {
    return { "@type": `type.googleapis.com/envoy.extensions.${type}`, ...value };
}
