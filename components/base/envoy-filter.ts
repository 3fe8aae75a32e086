import { COMMON_LABELS, SERVICE_LABEL } from "./labels";
import type { EnvoyFilterManifest } from "./manifest";

export type EnvoyPatch = NonNullable<EnvoyFilterManifest["spec"]["configPatches"]>[number];

/**
 * What Istio's own resources cannot say, as patches of Envoy's configuration.
 *
 * @param workload the service, store or gateway whose proxies are patched; every one of the namespace where absent
 * @param priority a patch that stands relative to another filter wants one, to be sure of its place
 */
export function envoyFilter({
    name,
    namespace,
    workload,
    priority = 10,
    patches,
}: {
    readonly name: string;
    readonly namespace: string;
    readonly workload?: string;
    readonly priority?: number;
    readonly patches: EnvoyPatch[];
}): EnvoyFilterManifest {
    return {
        apiVersion: "networking.istio.io/v1alpha3",
        kind: "EnvoyFilter",
        metadata: {
            name,
            namespace,
            labels: COMMON_LABELS,
            // That such a filter depends on Envoy's version is known: the live tests and `make verify` show whether it works.
            annotations: { "galley.istio.io/analyze-suppress": "IST0133" },
        },
        spec: {
            ...(workload === undefined
                ? {}
                : { workloadSelector: { labels: { [SERVICE_LABEL]: workload } } }),
            priority,
            configPatches: patches,
        },
    };
}

export const CONNECTION_MANAGER = "envoy.filters.network.http_connection_manager";

/** Which HTTP listeners are patched: all of a kind of proxy, or those of one port or name. */
export interface HttpListeners {
    readonly context: "GATEWAY" | "SIDECAR_INBOUND" | "SIDECAR_OUTBOUND";
    /** The listener's own port. */
    readonly portNumber?: number;
    /** The port that a connection was made to, where one listener takes those of many. */
    readonly destinationPort?: number;
    /** The name in a connection's TLS. */
    readonly sni?: string;
}

/** Puts a filter right before the router, behind all that Istio has there: a token is checked by then. */
export function beforeRouter(
    { context, portNumber, ...chain }: HttpListeners,
    name: string,
    typedConfig: Record<string, unknown>,
): EnvoyPatch {
    const filter = { name: CONNECTION_MANAGER, subFilter: { name: "envoy.filters.http.router" } };
    return {
        applyTo: "HTTP_FILTER",
        match: {
            context,
            listener: {
                ...(portNumber === undefined ? {} : { portNumber }),
                filterChain: { ...chain, filter },
            },
        },
        patch: { operation: "INSERT_BEFORE", value: { name, typed_config: typedConfig } },
    };
}

/** Puts a filter before all that Istio has: no token is checked yet, and no policy has decided. */
export function firstFilter(
    context: HttpListeners["context"],
    name: string,
    typedConfig: Record<string, unknown>,
): EnvoyPatch {
    return {
        applyTo: "HTTP_FILTER",
        match: { context, listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } } },
        patch: { operation: "INSERT_FIRST", value: { name, typed_config: typedConfig } },
    };
}

/** Changes the HTTP connection manager of every listener of a kind of proxy. */
export function onConnectionManager(
    context: HttpListeners["context"],
    value: Record<string, unknown>,
): EnvoyPatch {
    return {
        applyTo: "NETWORK_FILTER",
        match: { context, listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } } },
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

/** Changes the routes of one exposure at its gateway, which are named after its host. */
export function onRoute(host: string, value: Record<string, unknown>): EnvoyPatch {
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
