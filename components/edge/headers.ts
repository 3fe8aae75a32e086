import { CLIENT_HEADERS, type ClientHeader } from "../../catalogue/client-headers";
import { exposures, servicesOf } from "../../catalogue/query";
import { onRoute, typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { PROBE_HEADER, TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";
import { type Patch, PRIORITY, connectionManager, envoyFilter } from "./envoy";

/** By which a client would say that its request is traced, or that it is not; Envoy keeps to each of them. */
const TRACE_HEADERS = [
    "b3",
    "traceparent",
    "tracestate",
    "x-client-trace-id",
    "x-request-id",
    "x-envoy-force-trace",
];

/**
 * Headers that nobody may list, by the beginnings of their names: those by which proxies tell each other and services who
 * asks and how. `x-tenant-id` and `x-roles-list` are read for ours by whoever looks for them.
 */
const RESERVED = [
    ...Object.values(TOKEN_HEADERS),
    "x-auth-request-",
    "x-authenticated-",
    "x-b3-",
    "x-client-cert",
    "x-client-dn",
    "x-client-verify",
    "x-envoy-",
    "x-forwarded-client-cert",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-user",
    "x-istio-",
    "x-remote-user",
    "x-role",
    "x-ssl-client-",
] as const;

/** Names of users that identity-aware proxies set. `x-user-agent` is not among them: gRPC-Web sends it. */
const USERS =
    "x-user(-(id|name|email|mail|role|roles|group|groups|info|tenant|token|claims))?|x-username|remote-user";

/**
 * Removes headers of clients, before any filter runs: those in which services read what a token says, and what looks like
 * them; those by which replicas are chosen or a trace is kept; and those that frameworks obey (`CLIENT_HEADERS`). One that an
 * exposure lists is removed on the routes of all other exposures.
 */
export function clientHeaders({ catalogue }: Platform): EnvoyFilterManifest {
    const chosenBy = servicesOf(catalogue).flatMap(([, { loadBalancing }]) =>
        loadBalancing?.policy === "consistent-hash" ? [loadBalancing.header] : [],
    );
    const all = exposures(catalogue).filter(({ port }) => port.protocol !== "tcp");
    const listed = new Set<ClientHeader>(all.flatMap(({ exposure }) => exposure.clientHeaders ?? []));
    const removed = [
        ...Object.values(TOKEN_HEADERS),
        ...chosenBy,
        ...TRACE_HEADERS,
        PROBE_HEADER,
        ...CLIENT_HEADERS.filter((name) => !listed.has(name)),
    ];
    const mutations = [
        ...[...new Set(removed)].map((remove) => ({ remove })),
        ...[...new Set(RESERVED)].map((prefix) => ({ remove_on_match: { key_matcher: { prefix } } })),
        { remove_on_match: { key_matcher: { safe_regex: { regex: USERS } } } },
    ];
    const elsewhere = all.flatMap(({ exposure: { host, clientHeaders: own = [] } }): Patch[] => {
        const others = [...listed].filter((name) => !own.includes(name)).sort();
        return others.length === 0 ? [] : [onRoute(host, { request_headers_to_remove: others })];
    });
    return envoyFilter("client-headers", "all", PRIORITY.headers, [
        connectionManager({
            early_header_mutation_extensions: [
                {
                    name: "envoy.http.early_header_mutation.header_mutation",
                    typed_config: typed("http.early_header_mutation.header_mutation.v3.HeaderMutation", {
                        mutations,
                    }),
                },
            ],
            // Many frameworks take x_tenant for x-tenant. The header goes and the request stays: SDKs and CDNs send such headers
            // on their own (envoyproxy/gateway#8351).
            common_http_protocol_options: { headers_with_underscores_action: "DROP_HEADER" },
            // `api.example.com.` and `api.example.com:8443` are the host api.example.com: for routes, for policies, and for the
            // service and its own policies.
            strip_trailing_host_dot: true,
            strip_any_host_port: true,
        }),
        ...elsewhere,
    ]);
}
