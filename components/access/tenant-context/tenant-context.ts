/** Tenant context: the callers whose tenant, roles, plan and subject headers a service's sidecar accepts. */
import type { Port, Service } from "../../../catalogue/model";
import { callersOf, servicesOf } from "../../../catalogue/query";
import { sortedEntries } from "../../../catalogue/order";
import type { Issuer } from "../../../config/edge";
import {
    CONNECTION_MANAGER,
    type EnvoyPatch,
    type HttpListeners,
    beforeRouter,
    envoyFilter,
    onConnectionManager,
    typed,
} from "../../shared/envoy/envoy-filter";
import { jwtRule } from "../../shared/tokens/jwt-rule";
import { COMMON_LABELS, serviceSelector } from "../../base/labels";
import { tokenHeadersAlike } from "../../shared/tokens/alike";
import { literalClaimsFilter } from "../../shared/tokens/literal-claims";
import type { EnvoyFilterManifest, RequestAuthenticationManifest } from "../../base/manifest";
import { NAMESPACES, VERIFIED_HEADERS } from "../../base/names";
import {
    PATH_TENANT_DECODED,
    WITHOUT_ENCODING,
    decodedPathTenant,
    pathTenant,
} from "../../shared/envoy/path-tenant";
import type { Platform } from "../../base/platform";
import { tenantPathsOf } from "./paths";
import { localReplies, tenantRules } from "./rules";

/** The name of the RBAC filter in Envoy's configuration. */
export const TENANT_CONTEXT = "sparc.tenant_context";

/** Istio's name for its JWT filter (pilot/pkg/security/authn/model). */
const JWT_FILTER = "envoy.filters.http.jwt_authn";
/** The JWT requirement that routes name instead of Istio's. */
const REQUIREMENT = "sparc.token_if_good";
const CONTEXT: HttpListeners["context"] = "SIDECAR_INBOUND";

/** After `canonical-paths`, whose filter comes first. */
const PRIORITY = 5;

/**
 * For each sidecar whose service handles requests: verifies the token again, and requires the tenant headers to match
 * it. A gateway sets them from the token; another caller can set its own only if the catalogue says so.
 */
export function tenantContext(platform: Platform): (EnvoyFilterManifest | RequestAuthenticationManifest)[] {
    return servicesOf(platform.catalogue).flatMap(([name, service]) => {
        const ports = sortedEntries(service.ports).filter(([, { protocol }]) => protocol !== "tcp");
        if (ports.length === 0) return [];
        const issuers = issuersOf(name, platform);
        return [...tokens(name, issuers), filters(name, service, platform, issuers)];
    });
}

/**
 * The issuers whose tokens the sidecar verifies: none if every caller's headers are accepted. A gateway's are,
 * because it sets them from tokens that it verified.
 */
function issuersOf(name: string, { catalogue, config }: Platform): readonly Issuer[] {
    return callersOf(catalogue, name).every(({ call }) => call.assertsTenant === true)
        ? []
        : config.edge.issuers;
}

/** The headers are for the filter only. The claims are the same as at the gateways. */
function tokens(name: string, issuers: readonly Issuer[]): RequestAuthenticationManifest[] {
    if (issuers.length === 0) return [];
    return [
        {
            apiVersion: "security.istio.io/v1",
            kind: "RequestAuthentication",
            metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
            spec: {
                selector: serviceSelector(name),
                jwtRules: issuers.map((issuer) => jwtRule(issuer, VERIFIED_HEADERS)),
            },
        },
    ];
}

function filters(
    name: string,
    { ports }: Service,
    platform: Platform,
    issuers: readonly Issuer[],
): EnvoyFilterManifest {
    const internal = Object.values(VERIFIED_HEADERS);
    return envoyFilter({
        name: `${name}-tenant-context`,
        namespace: NAMESPACES.services,
        workload: name,
        priority: PRIORITY,
        patches: [
            onConnectionManager(CONTEXT, {
                early_header_mutation_extensions: [withoutHeaders(internal)],
                local_reply_config: { mappers: localReplies() },
            }),
            ...(issuers.length === 0 ? [] : ifGood(issuers)),
            {
                applyTo: "HTTP_ROUTE",
                match: { context: CONTEXT },
                patch: {
                    operation: "MERGE",
                    value: {
                        request_headers_to_remove: internal,
                        ...(issuers.length === 0 ? {} : { typed_per_filter_config: BY_REQUIREMENT }),
                    },
                },
            },
            ...sortedEntries(ports)
                .filter(([, { protocol }]) => protocol !== "tcp")
                .flatMap(([portName, port]) => atPort(name, portName, port, platform, issuers)),
        ],
    });
}

function atPort(
    name: string,
    portName: string,
    port: Port,
    platform: Platform,
    issuers: readonly Issuer[],
): EnvoyPatch[] {
    const listeners = { context: CONTEXT, destinationPort: port.number };
    const literal = literalClaimsFilter(issuers, VERIFIED_HEADERS);
    const paths = tenantPathsOf(name, portName, platform);
    const templates = new Map(
        paths.map(({ exposure, templates: exposureTemplates }) => [exposure.host, exposureTemplates]),
    );
    return [
        ...(literal === undefined ? [] : [beforeRouter(listeners, "sparc.literal_claims", literal)]),
        ...(paths.length === 0
            ? []
            : [
                  beforeRouter(
                      listeners,
                      "sparc.path_tenant",
                      pathTenant(
                          paths.map(({ exposure }) => exposure),
                          ({ host }) => templates.get(host) ?? [],
                      ),
                  ),
                  beforeRouter(listeners, PATH_TENANT_DECODED, decodedPathTenant(), WITHOUT_ENCODING),
              ]),
        beforeRouter(
            listeners,
            TENANT_CONTEXT,
            typed("filters.http.rbac.v3.RBAC", {
                rules: { action: "DENY", policies: tenantRules(name, portName, platform) },
            }),
        ),
    ];
}

/** Removes headers of these names, and of names like the tenant headers'. */
function withoutHeaders(names: readonly string[]): Record<string, unknown> {
    return {
        name: "envoy.http.early_header_mutation.header_mutation",
        typed_config: typed("http.early_header_mutation.header_mutation.v3.HeaderMutation", {
            mutations: [
                ...names.map((remove) => ({ remove })),
                { remove_on_match: { key_matcher: { safe_regex: { regex: tokenHeadersAlike() } } } },
            ],
        }),
    };
}

const BY_REQUIREMENT = {
    [JWT_FILTER]: typed("filters.http.jwt_authn.v3.PerRouteConfig", { requirement_name: REQUIREMENT }),
};

/**
 * Ignores an invalid token, for which Istio would respond 401: services accept other bearer tokens too, and a token
 * that expired in transit must not fail a job. Istio names the providers by their index
 * (pilot/pkg/security/authn/policy_applier.go).
 */
function ifGood(issuers: readonly Issuer[]): EnvoyPatch[] {
    const requirements = [
        ...issuers.map((_, index) => ({ provider_name: `origins-${index}` })),
        { allow_missing_or_failed: {} },
    ];
    return [
        {
            applyTo: "HTTP_FILTER",
            match: {
                context: CONTEXT,
                listener: {
                    filterChain: { filter: { name: CONNECTION_MANAGER, subFilter: { name: JWT_FILTER } } },
                },
            },
            patch: {
                operation: "MERGE",
                value: {
                    name: JWT_FILTER,
                    typed_config: typed("filters.http.jwt_authn.v3.JwtAuthentication", {
                        requirement_map: { [REQUIREMENT]: { requires_any: { requirements } } },
                    }),
                },
            },
        },
    ];
}
