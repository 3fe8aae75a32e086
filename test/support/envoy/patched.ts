/**
 * Translates derived objects as istiod does, as far as tests need it: an HTTP connection manager with Istio's filters,
 * patched by EnvoyFilters (pilot/pkg/networking/core/envoyfilter/listener_patch.go).
 */
import type { EnvoyFilterManifest, Manifest } from "../../../components/base/manifest";
import { SERVICE_LABEL } from "../../../components/base/labels";

export type Json = Record<string, unknown>;
type Patch = NonNullable<EnvoyFilterManifest["spec"]["configPatches"]>[number];

export const EXTENSIONS = "type.googleapis.com/envoy.extensions";

export interface Proxy {
    readonly namespace: string;
    /** The value of the label `sparc.dev/service`. */
    readonly workload: string;
    readonly context: "GATEWAY" | "SIDECAR_INBOUND";
    /** For a sidecar: the application's port. */
    readonly port?: number;
    /** Filters that Istio inserts before the router: JWT, RBAC. */
    readonly filters: readonly Json[];
    readonly cluster: string;
    readonly listen: number;
    /** The transport socket for its downstream connections. @default plaintext */
    readonly transport?: Json;
    /** For a gateway: hosts by route name (the exposure's label). All other hosts share one unnamed route. */
    readonly hosts?: Readonly<Record<string, string>>;
}

/** A listener, patched by the EnvoyFilters among `objects`. */
export function listener(objects: readonly Manifest[], proxy: Proxy): Json {
    const patches = objects
        .filter((object): object is EnvoyFilterManifest => object.kind === "EnvoyFilter")
        .filter((filter) => applies(filter, proxy))
        .sort((a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0))
        .flatMap(({ spec }) => spec.configPatches ?? [])
        .filter((patch) => inContext(patch, proxy));
    const manager = patches.reduce(patched, connectionManager(proxy));
    return {
        name: proxy.workload,
        address: { socket_address: { address: "127.0.0.1", port_value: proxy.listen } },
        filter_chains: [
            {
                filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
                ...(proxy.transport === undefined ? {} : { transport_socket: proxy.transport }),
            },
        ],
    };
}

/** The manager that istiod configures with `pathNormalization: BASE`. */
function connectionManager({ filters, cluster, workload, context, hosts = {} }: Proxy): Json {
    const route = { match: { prefix: "/" }, route: { cluster, timeout: "10s" } };
    return {
        "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        stat_prefix: workload,
        normalize_path: true,
        path_with_escaped_slashes_action: "KEEP_UNCHANGED",
        use_remote_address: context === "GATEWAY",
        http_filters: [
            ...filters,
            {
                name: "envoy.filters.http.router",
                typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` },
            },
        ],
        route_config: {
            virtual_hosts: [
                { name: "all", domains: ["*"], routes: [route] },
                ...Object.entries(hosts).map(([name, domain]) => ({
                    name,
                    domains: [domain],
                    routes: [{ ...route, name }],
                })),
            ],
        },
    };
}

function applies({ metadata, spec }: EnvoyFilterManifest, { namespace, workload }: Proxy): boolean {
    const selected = spec.workloadSelector?.labels?.[SERVICE_LABEL];
    const isRoot = metadata.namespace === "istio-system";
    return (isRoot || metadata.namespace === namespace) && (selected === undefined || selected === workload);
}

function inContext({ match }: Patch, { context, port }: Proxy): boolean {
    const destination = (match?.listener?.filterChain as { destinationPort?: number } | undefined)
        ?.destinationPort;
    return match?.context === context && (destination === undefined || destination === port);
}

function patched(manager: Json, { applyTo, match, patch }: Patch): Json {
    const value = patch?.value as Json;
    const filters = manager["http_filters"] as Json[];
    const named = match?.listener?.filterChain?.filter?.subFilter?.name;
    const place = filters.findIndex(({ name }) => name === named);
    switch (`${applyTo} ${patch?.operation}`) {
        case "NETWORK_FILTER MERGE":
            return merged(manager, value["typed_config"] as Json);
        case "HTTP_FILTER INSERT_FIRST":
            return { ...manager, http_filters: [value, ...filters] };
        case "HTTP_FILTER INSERT_BEFORE":
            return { ...manager, http_filters: filters.toSpliced(place, 0, value) };
        case "HTTP_FILTER REPLACE":
            return place === -1 ? manager : { ...manager, http_filters: filters.with(place, value) };
        case "HTTP_FILTER MERGE":
            return place === -1
                ? manager
                : { ...manager, http_filters: filters.with(place, merged(filters[place] ?? {}, value)) };
        case "HTTP_ROUTE MERGE":
            return onRoutes(manager, match?.routeConfiguration?.vhost?.route?.name, value);
        default:
            throw new Error(`the tests' Envoy does not support the patch ${applyTo} ${patch?.operation}`);
    }
}

/** Patches the routes of this name, or all routes where the patch names none. */
function onRoutes(manager: Json, name: string | undefined, value: Json): Json {
    const { virtual_hosts: hosts } = manager["route_config"] as {
        virtual_hosts: (Json & { routes: Json[] })[];
    };
    const changed = hosts.map((host) => ({
        ...host,
        routes: host.routes.map((route) =>
            name === undefined || route["name"] === name ? merged(route, value) : route,
        ),
    }));
    return { ...manager, route_config: { virtual_hosts: changed } };
}

/** Protobuf's merge: messages field by field; lists are concatenated. */
function merged(into: Json, from: Json): Json {
    const result = { ...into };
    for (const [key, value] of Object.entries(from)) {
        const current = result[key];
        if (Array.isArray(current) && Array.isArray(value))
            result[key] = [...(current as unknown[]), ...(value as unknown[])];
        else if (isMessage(current) && isMessage(value)) result[key] = merged(current, value);
        else result[key] = value;
    }
    return result;
}

function isMessage(value: unknown): value is Json {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
