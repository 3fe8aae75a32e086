import { COMMON_LABELS, SERVICE_LABEL } from "../../base/labels";
import type { EnvoyFilterManifest } from "../../base/manifest";

export type EnvoyPatch = NonNullable<EnvoyFilterManifest["spec"]["configPatches"]>[number];

/**
 * An EnvoyFilter, for what Istio's other resources cannot express.
 *
 * @param workload the service, store or gateway whose proxies are patched; every one in the namespace if absent
 * @param priority needed by a patch that is positioned relative to another filter
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
            // Suppresses istioctl's warning that the filter depends on Envoy's version: the live tests and `make
            // verify` check that it works.
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

/** The HTTP listeners to patch: all of a kind of proxy, or those with a certain port or name. */
export interface HttpListeners {
    readonly context: "GATEWAY" | "SIDECAR_INBOUND" | "SIDECAR_OUTBOUND";
    /** The listener's port. */
    readonly portNumber?: number;
    /** The connection's original destination port, for a listener that accepts several. */
    readonly destinationPort?: number;
    /** The SNI of the TLS connection. */
    readonly sni?: string;
}

/** A filter of Envoy's HTTP connection manager. */
export type HttpFilter = Readonly<{ name: string; typed_config: Record<string, unknown> }>;

/** @param skipped requests for which Envoy skips the filter; none if absent */
export function httpFilter(
    name: string,
    typedConfig: Record<string, unknown>,
    skipped?: HeaderPattern,
): HttpFilter {
    return {
        name,
        typed_config: skipped === undefined ? typedConfig : withMatcher(skipped, name, typedConfig),
    };
}

/**
 * Inserts a filter right before the router, after all of Istio's filters: tokens are verified by then.
 *
 * @param skipped requests for which Envoy skips the filter; none if absent
 */
export function beforeRouter(
    { context, portNumber, ...chain }: HttpListeners,
    name: string,
    typedConfig: Record<string, unknown>,
    skipped?: HeaderPattern,
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
        patch: { operation: "INSERT_BEFORE", value: httpFilter(name, typedConfig, skipped) },
    };
}

/** Inserts a filter before all of Istio's: no token is verified and no policy is evaluated yet. */
export function firstFilter(context: HttpListeners["context"], filter: HttpFilter): EnvoyPatch {
    return {
        applyTo: "HTTP_FILTER",
        match: { context, listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } } },
        patch: { operation: "INSERT_FIRST", value: filter },
    };
}

/** Patches the HTTP connection manager of every listener of a kind of proxy. */
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

/** Patches the routes of one exposure at its gateway. They are named after its host. */
export function onRoute(host: string, value: Record<string, unknown>): EnvoyPatch {
    return {
        applyTo: "HTTP_ROUTE",
        match: { context: "GATEWAY", routeConfiguration: { vhost: { route: { name: host } } } },
        patch: { operation: "MERGE", value },
    };
}

/** The configuration of an Envoy extension, such as `filters.http.rbac.v3.RBAC`. */
export function typed(type: string, value: Record<string, unknown>): Record<string, unknown> {
    return { "@type": `type.googleapis.com/envoy.extensions.${type}`, ...value };
}

/** A request header, and a regular expression for its whole value. */
export interface HeaderPattern {
    readonly header: string;
    readonly regex: string;
}

/**
 * The configuration of a filter that Envoy skips for requests whose header matches: evaluating one regular expression
 * costs less than the filter. Several headers of one name are joined with `,`. Source: Envoy's docs, "Filter chain:
 * conditional filter configuration" (ExtensionWithMatcher).
 */
function withMatcher(
    { header, regex }: HeaderPattern,
    name: string,
    typedConfig: Record<string, unknown>,
): Record<string, unknown> {
    const input = {
        name: "request-header",
        typed_config: {
            "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
            header_name: header,
        },
    };
    const value_match = { safe_regex: { google_re2: {}, regex } };
    const skip = { name: "skip", typed_config: typed("filters.common.matcher.action.v3.SkipFilter", {}) };
    return typed("common.matching.v3.ExtensionWithMatcher", {
        extension_config: { name, typed_config: typedConfig },
        xds_matcher: {
            matcher_list: {
                matchers: [
                    {
                        predicate: { single_predicate: { input, value_match } },
                        on_match: { action: skip },
                    },
                ],
            },
        },
    });
}
