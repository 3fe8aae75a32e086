import { CLIENT_HEADERS, type ClientHeader } from "../../catalogue/client-headers";
import { escapeRegex } from "../../catalogue/path-template";
import { exposures, servicesOf } from "../../catalogue/query";
import { onRoute, typed } from "../shared/envoy/envoy-filter";
import { tokenHeadersAlike } from "../shared/tokens/alike";
import type { EnvoyFilterManifest } from "../base/manifest";
import { PROBE_HEADER, TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";
import { type Patch, PRIORITY, connectionManager, envoyFilter } from "./envoy";

/** Headers with which a client could force or suppress tracing; Envoy honors each of them. */
const TRACE_HEADERS = [
    "b3",
    "traceparent",
    "tracestate",
    "x-client-trace-id",
    "x-request-id",
    "x-envoy-force-trace",
];

/**
 * Prefixes of headers that no exposure can list: those with which proxies, load balancers and identity providers inform
 * each other and services about the client. Some programs read `x-tenant-id` and `x-roles-list` instead of ours.
 */
const RESERVED = [
    ...Object.values(TOKEN_HEADERS),
    "cf-access-",
    "client-cert",
    "impersonate-",
    "remote-email",
    "remote-groups",
    "remote-name",
    "remote-user",
    "ssl-client-",
    "x-amzn-mtls-",
    "x-amzn-oidc-",
    "x-arr-clientcert",
    "x-auth-request-",
    "x-auth-user",
    "x-authenticated-",
    "x-authentik-",
    "x-b3-",
    "x-client-cert",
    "x-client-dn",
    "x-client-verify",
    "x-endpoint-api-userinfo",
    "x-envoy-",
    "x-forwarded-client-cert",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-tls-client-cert",
    "x-forwarded-user",
    "x-goog-authenticated-user-",
    "x-goog-iap-",
    "x-istio-",
    "x-jwt-payload",
    "x-ms-client-principal",
    "x-pomerium-",
    "x-remote-user",
    "x-role",
    "x-scope-orgid",
    "x-ssl-client-",
    "x-webauth-",
] as const;

/** User names that identity-aware proxies set. Does not match `x-user-agent`, which gRPC-Web sends. */
const USERS = "x-user(?:-?(?:id|name|email|mail|role|roles|group|groups|info|tenant|token|claims))?";

/**
 * Removes client headers before any filter runs: those in which services read a token's claims, and similar ones;
 * those that affect load balancing or tracing; and those that frameworks obey (`CLIENT_HEADERS`). A header that an
 * exposure lists is removed on the routes of all other exposures.
 */
export function clientHeaders({ catalogue }: Platform): EnvoyFilterManifest {
    const chosenBy = servicesOf(catalogue).flatMap(([, { loadBalancing }]) =>
        loadBalancing?.policy === "consistent-hash" ? [loadBalancing.header] : [],
    );
    const all = exposures(catalogue).filter(({ port }) => port.protocol !== "tcp");
    const listed = new Set<ClientHeader>(all.flatMap(({ exposure }) => exposure.clientHeaders ?? []));
    const removed = [
        ...chosenBy,
        ...TRACE_HEADERS,
        PROBE_HEADER,
        ...CLIENT_HEADERS.filter((name) => !listed.has(name)),
    ];
    // One expression for all: reading each header's name once costs less than a search for each name.
    const names = [
        `(?:${RESERVED.join("|")}).*`,
        USERS,
        tokenHeadersAlike(),
        ...[...new Set(removed)].map(escapeRegex),
    ];
    const mutations = [{ remove_on_match: { key_matcher: { safe_regex: { regex: names.join("|") } } } }];
    const elsewhere = all.flatMap(({ exposure: { host, clientHeaders: kept = [] } }): Patch[] => {
        const others = [...listed].filter((name) => !kept.includes(name)).sort();
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
            // Many frameworks treat x_tenant as x-tenant. The header is dropped and the request accepted: SDKs and
            // CDNs add such headers automatically (envoyproxy/gateway#8351).
            common_http_protocol_options: { headers_with_underscores_action: "DROP_HEADER" },
            // `api.example.com.` and `api.example.com:8443` are the host api.example.com: for routes, for policies,
            // and for the service.
            strip_trailing_host_dot: true,
            strip_any_host_port: true,
        }),
        ...elsewhere,
    ]);
}
