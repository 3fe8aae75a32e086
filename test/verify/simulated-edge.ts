/**
 * Simulates the gateways' filters before and after authorization: JWTs, headers, tenants in paths. Reads only the rendered
 * objects, as `SimulatedMesh` does.
 */
import type { KubeObject } from "../../cli/lib/drift/objects";
import { selectorOf } from "../../cli/lib/drift/objects";
import type { IngressTarget, Token } from "../../cli/verify/model";
import { type Filter, filtersOf, isSkipped, removes } from "./simulated-filters";
import { type Claims, PORT, SNI, areEqual, isOne, permits } from "./simulated-rbac";

type Headers = Record<string, string>;

/** A request at a gateway after JWT authentication. */
export interface AtGateway {
    /** `<issuer>/<subject>`; undefined without a token. */
    readonly requestPrincipal: string | undefined;
    readonly claims: Claims;
    readonly headers: Headers;
}

interface JwtRule {
    readonly issuer: string;
    readonly outputClaimToHeaders: readonly { readonly header: string; readonly claim: string }[];
}
interface RoutePatch {
    readonly match: {
        readonly routeConfiguration?: { readonly vhost: { readonly route: { readonly name: string } } };
    };
    readonly patch: {
        readonly value: {
            readonly typed_per_filter_config?: Readonly<Record<string, { readonly disabled?: boolean }>>;
            readonly route?: { readonly rate_limits?: readonly unknown[] };
        };
    };
}
export class SimulatedEdge {
    constructor(private readonly objects: readonly KubeObject[]) {}

    /** The request after header filters and JWT authentication; "refused" for an invalid token. */
    receive({ gateway, host, token, scheme = "Bearer", headers = {} }: IngressTarget): AtGateway | "refused" {
        const removed = this.filters(gateway).flatMap(
            ({ typed_config: { early_header_mutation_extensions } }) =>
                (early_header_mutation_extensions ?? []).flatMap(
                    ({ typed_config }) => typed_config.mutations,
                ),
        );
        const dropsHeader = this.managers(gateway).some(
            ({ common_http_protocol_options: options }) =>
                options?.headers_with_underscores_action === "DROP_HEADER",
        );
        const kept = Object.fromEntries(
            Object.entries(headers).filter(
                ([name]) =>
                    !removed.some((mutation) => removes(mutation, name.toLowerCase())) &&
                    !(dropsHeader && name.includes("_")),
            ),
        );
        const rules = this.readsNoToken(gateway, host) ? [] : this.of("RequestAuthentication", gateway);
        const [rule] = rules.flatMap(({ spec }) => (spec as { jwtRules: readonly JwtRule[] }).jwtRules);
        // Without a RequestAuthentication no token is read, and Envoy's JWT filter reads only the scheme Bearer.
        const isRead =
            scheme === "Bearer" || this.filters(gateway).some(({ name }) => name === "sparc.bearer");
        if (token === undefined || rule === undefined || !isRead)
            return { requestPrincipal: undefined, claims: {}, headers: kept };
        if (token.flaw !== undefined) return "refused";
        const claims: Claims = { ...claimsOf(token), iss: rule.issuer };
        const claimHeaders = rule.outputClaimToHeaders.flatMap(({ header, claim }) => {
            const value = claims[claim];
            return value === undefined ? [] : [[header, typeof value === "string" ? value : "a list"]];
        });
        return {
            requestPrincipal: `${rule.issuer}/${token.subject}`,
            claims,
            headers: { ...kept, ...(Object.fromEntries(claimHeaders) as Headers) },
        };
    }

    /** Whether the JWT filter is disabled on this host's routes, which are named after the host's first label. */
    private readsNoToken(gateway: string, host: string): boolean {
        return this.of("EnvoyFilter", gateway)
            .flatMap(({ spec }) => (spec as { configPatches: readonly RoutePatch[] }).configPatches)
            .filter(({ match }) => match.routeConfiguration?.vhost.route.name === host.split(".")[0])
            .some(({ patch }) => {
                const filter = patch.value.typed_per_filter_config?.["envoy.filters.http.jwt_authn"];
                return filter?.disabled === true;
            });
    }

    /** The Host header as policies and services receive it; they compare it case-insensitively. */
    authority({ gateway, host, hostHeader = host }: IngressTarget): string {
        const managers = this.managers(gateway);
        const withoutPort = managers.some(({ strip_any_host_port }) => strip_any_host_port === true)
            ? hostHeader.replace(/:[0-9]+$/, "")
            : hostHeader;
        return managers.some(({ strip_trailing_host_dot }) => strip_trailing_host_dot === true)
            ? withoutPort.replace(/\.$/, "").toLowerCase()
            : withoutPort.toLowerCase();
    }

    /** The rate limit header for a client's plan, if a filter calls the rate limit service for the host. */
    planLimit({ gateway, host }: IngressTarget): string {
        const hasLimiter = this.filters(gateway).some(({ name }) => name === "envoy.filters.http.ratelimit");
        const counts = this.of("EnvoyFilter", gateway)
            .flatMap(({ spec }) => (spec as { configPatches: readonly RoutePatch[] }).configPatches)
            .filter(({ match }) => match.routeConfiguration?.vhost.route.name === host.split(".")[0])
            .some(({ patch }) => (patch.value.route?.rate_limits ?? []).length > 0);
        return hasLimiter && counts ? ' x-ratelimit-limit="600"' : "";
    }

    /** The CORS header that makes Envoy's local reply readable for the page that sent the request; empty without one. */
    readableBy({ gateway, host, headers = {} }: IngressTarget): string {
        const { origin } = headers;
        if (origin === undefined) return "";
        const request = { ":authority": host, origin };
        const isReadable = this.managers(gateway)
            .flatMap(({ local_reply_config }) => local_reply_config?.mappers ?? [])
            .some(({ filter }) =>
                filter.and_filter?.filters.every(
                    ({ header_filter }) =>
                        header_filter !== undefined && permits({ header: header_filter.header }, request),
                ),
            );
        return isReadable ? ` access-control-allow-origin="${origin}"` : "";
    }

    private managers(gateway: string): Filter["typed_config"][] {
        return this.filters(gateway).map(({ typed_config }) => typed_config);
    }

    readsProxyHeaders(gateway: string): boolean {
        return JSON.stringify(this.of("EnvoyFilter", gateway)).includes("proxy_protocol");
    }

    /** The policy that rejects a path after Envoy's normalization; patterns are RE2's and case-sensitive. */
    pathRejection(gateway: string, host: string, path: string): string | undefined {
        return rejectedBy(this.filters(gateway), host, path);
    }

    /** The same at sidecars. */
    sidecarPathRejection(path: string): string | undefined {
        const inRoot = this.objects.filter(
            ({ kind, metadata }) => kind === "EnvoyFilter" && metadata.namespace === "istio-system",
        );
        return rejectedBy(inRoot.flatMap(filtersOf), "", path);
    }

    /** Whether no filter rejects the request for a token in the query in addition to the header. */
    hasOneToken({ gateway, host, token, tokenInQuery }: IngressTarget, path: string): boolean {
        if (this.readsNoToken(gateway, host)) return true;
        const headers: Headers = {
            ":authority": host,
            ":path": tokenInQuery === undefined ? path : `${path}?access_token=x.y.z`,
            ...(token === undefined ? {} : { authorization: "Bearer x.y.z" }),
        };
        return !this.filters(gateway)
            .filter(({ name }) => name === "sparc.one_token")
            .flatMap(({ typed_config }) => typed_config.rules ?? [])
            .filter(({ action }) => action === "DENY")
            .flatMap(({ policies }) => Object.values(policies))
            .some(({ permissions }) => permissions.some((permission) => permits(permission, headers)));
    }

    /** Whether the path names no tenant, or the token's. */
    isTokensTenant(
        {
            gateway,
            host,
            port,
            sni = "",
        }: Pick<IngressTarget, "gateway" | "host" | "port"> & { sni?: string | undefined },
        path: string,
        { headers, claims }: AtGateway,
    ): boolean {
        const filters = this.filters(gateway);
        const metadata = filters.flatMap(({ typed_config }) =>
            (typed_config.request_rules ?? []).map(({ on_header_present: { key, regex_value_rewrite } }) => {
                const { pattern, substitution } = regex_value_rewrite;
                const groups = substitution.replaceAll("\\", "$");
                return [key, path.replace(new RegExp(pattern.regex), groups)] as const;
            }),
        );
        return filters
            .flatMap(({ typed_config }) => typed_config.rules ?? [])
            .filter(({ action }) => action === "ALLOW")
            .every(({ policies }) =>
                Object.values(policies).some(
                    ({ permissions, principals, condition }) =>
                        permissions.some((permission) =>
                            permits(permission, {
                                ":authority": host,
                                ":path": path,
                                [SNI]: sni,
                                [PORT]: String(port),
                            }),
                        ) &&
                        principals.some((principal) => isOne(principal, claims)) &&
                        (condition === undefined || areEqual(condition, new Map(metadata), headers)),
                ),
            );
    }

    private filters(gateway: string): Filter[] {
        return this.of("EnvoyFilter", gateway).flatMap(filtersOf);
    }

    private of(kind: string, gateway: string): KubeObject[] {
        return this.objects.filter(
            (object) =>
                object.kind === kind &&
                object.metadata.namespace === "istio-ingress" &&
                (selectorOf(object)?.["sparc.dev/service"] ?? gateway) === gateway,
        );
    }
}

function rejectedBy(filters: readonly Filter[], host: string, path: string): string | undefined {
    const normalized = new URL(path.replace(/%2e/gi, "."), "http://host").pathname;
    const request = { ":authority": host, ":path": normalized };
    return filters
        .filter((filter) => filter.name === "sparc.canonical_paths" && !isSkipped(filter, request))
        .flatMap(({ typed_config }) => Object.entries(typed_config.rules?.policies ?? {}))
        .find(([, { permissions }]) =>
            permissions.some((permission) => permits(permission, request, "")),
        )?.[0];
}

function claimsOf({ tenant, tenantForm, subject, roles, scopes, plan }: Token): Claims {
    const named = tenantForm === "list" ? [tenant] : tenant;
    return {
        tenant: tenantForm === "absent" ? undefined : named,
        sub: subject,
        roles,
        scope: scopes,
        plan,
    };
}
