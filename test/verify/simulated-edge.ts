/**
 * What the gateways' own objects do to a request before policies see it and behind them: tokens, headers, tenants in
 * paths. Reads the rendered objects only, as `SimulatedMesh` does.
 */
import type { KubeObject } from "../../cli/verify/drift/objects";
import { selectorOf } from "../../cli/verify/drift/objects";
import type { Entry, Token } from "../../cli/verify/model";

type Headers = Record<string, string>;
type Claims = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request as it stands at a gateway, once its token is known to be good. */
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
interface Filter {
    readonly name?: string;
    readonly typed_config: {
        readonly early_header_mutation_extensions?: readonly {
            readonly typed_config: { readonly mutations: readonly { readonly remove: string }[] };
        }[];
        readonly request_rules?: readonly {
            readonly on_header_present: {
                readonly key: string;
                readonly regex_value_rewrite: {
                    readonly pattern: { readonly regex: string };
                    readonly substitution: string;
                };
            };
        }[];
        readonly common_http_protocol_options?: { readonly headers_with_underscores_action: string };
        readonly strip_trailing_host_dot?: boolean;
        readonly strip_any_host_port?: boolean;
        readonly local_reply_config?: { readonly mappers: readonly Mapper[] };
        readonly rules?: { readonly action: string; readonly policies: Readonly<Record<string, RbacPolicy>> };
    };
}
interface RoutePatch {
    readonly match: {
        readonly routeConfiguration?: { readonly vhost: { readonly route: { readonly name: string } } };
    };
    readonly patch: {
        readonly value: {
            readonly typed_per_filter_config?: Readonly<Record<string, { readonly disabled?: boolean }>>;
        };
    };
}
interface Mapper {
    readonly filter: {
        readonly and_filter?: {
            readonly filters: readonly {
                readonly header_filter?: { readonly header: NonNullable<Permission["header"]> };
            }[];
        };
    };
}
interface RbacPolicy {
    readonly permissions: readonly Permission[];
    readonly principals: readonly Principal[];
    readonly condition?: unknown;
}
interface Principal {
    readonly any?: boolean;
    readonly and_ids?: { readonly ids: readonly Principal[] };
    readonly metadata?: {
        readonly path: readonly { readonly key: string }[];
        readonly value: {
            readonly string_match: {
                readonly exact?: string;
                readonly safe_regex?: { readonly regex: string };
            };
        };
    };
}
interface Permission {
    readonly any?: boolean;
    readonly destination_port?: number;
    readonly requested_server_name?: { readonly exact: string };
    readonly not_rule?: Permission;
    readonly or_rules?: { readonly rules: readonly Permission[] };
    readonly and_rules?: { readonly rules: readonly Permission[] };
    readonly header?: {
        readonly name: string;
        readonly present_match?: boolean;
        readonly string_match?: {
            readonly exact?: string;
            readonly prefix?: string;
            readonly safe_regex?: { readonly regex: string };
        };
    };
    readonly url_path?: { readonly path: { readonly safe_regex: { readonly regex: string } } };
}

/** Under which the name of the TLS greeting stands among the headers here; empty for plain HTTP. */
const SNI = ":server-name";
const PORT = ":port";

export class SimulatedEdge {
    constructor(private readonly objects: readonly KubeObject[]) {}

    /** What becomes of a request's headers and token; "refused" for a token that is wrong. */
    receive({ gateway, host, token, scheme = "Bearer", headers = {} }: Entry): AtGateway | "refused" {
        const removed = this.filters(gateway).flatMap(
            ({ typed_config: { early_header_mutation_extensions } }) =>
                (early_header_mutation_extensions ?? []).flatMap(({ typed_config }) =>
                    typed_config.mutations.map(({ remove }) => remove),
                ),
        );
        const drops = this.managers(gateway).some(
            ({ common_http_protocol_options: options }) =>
                options?.headers_with_underscores_action === "DROP_HEADER",
        );
        const kept = Object.fromEntries(
            Object.entries(headers).filter(
                ([name]) => !removed.includes(name) && !(drops && name.includes("_")),
            ),
        );
        const rules = this.readsNoToken(gateway, host) ? [] : this.of("RequestAuthentication", gateway);
        const [rule] = rules.flatMap(({ spec }) => (spec as { jwtRules: readonly JwtRule[] }).jwtRules);
        // Where nobody asks for tokens, none is looked at; and Envoy's JWT filter reads none of another scheme than Bearer.
        const isRead =
            scheme === "Bearer" || this.filters(gateway).some(({ name }) => name === "sparc.bearer");
        if (token === undefined || rule === undefined || !isRead)
            return { requestPrincipal: undefined, claims: {}, headers: kept };
        if (token.flaw !== undefined) return "refused";
        const claims: Claims = { ...claimsOf(token), iss: rule.issuer };
        const told = rule.outputClaimToHeaders.flatMap(({ header, claim }) => {
            const value = claims[claim];
            return value === undefined ? [] : [[header, typeof value === "string" ? value : "a list"]];
        });
        return {
            requestPrincipal: `${rule.issuer}/${token.subject}`,
            claims,
            headers: { ...kept, ...(Object.fromEntries(told) as Headers) },
        };
    }

    /** Whether the JWT filter is off on the routes of this host, which bear its label for a name. */
    private readsNoToken(gateway: string, host: string): boolean {
        return this.of("EnvoyFilter", gateway)
            .flatMap(({ spec }) => (spec as { configPatches: readonly RoutePatch[] }).configPatches)
            .filter(({ match }) => match.routeConfiguration?.vhost.route.name === host.split(".")[0])
            .some(({ patch }) => {
                const filter = patch.value.typed_per_filter_config?.["envoy.filters.http.jwt_authn"];
                return filter?.disabled === true;
            });
    }

    /** The Host header as policies and services see it; they compare it without regard to case. */
    authority({ gateway, host, hostHeader = host }: Entry): string {
        const managers = this.managers(gateway);
        const withoutPort = managers.some(({ strip_any_host_port }) => strip_any_host_port === true)
            ? hostHeader.replace(/:[0-9]+$/, "")
            : hostHeader;
        return managers.some(({ strip_trailing_host_dot }) => strip_trailing_host_dot === true)
            ? withoutPort.replace(/\.$/, "").toLowerCase()
            : withoutPort.toLowerCase();
    }

    /** By which a browser shows Envoy's own response to the page that made the request; empty if it does not. */
    readableBy({ gateway, host, headers = {} }: Entry): string {
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

    /** Whether no filter refuses the request for a token in the query beside the one in the header. */
    hasOneToken({ gateway, host, token, tokenInQuery }: Entry, path: string): boolean {
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

    /** Whether the tenant that the path names, if it does, is the one that the token told. */
    isOwnTenant(
        {
            gateway,
            host,
            port,
            sni = "",
        }: Pick<Entry, "gateway" | "host" | "port"> & { sni?: string | undefined },
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
        return this.of("EnvoyFilter", gateway).flatMap(({ spec }) =>
            (spec as { configPatches: readonly { patch: { value: Filter } }[] }).configPatches
                .map(({ patch }) => patch.value)
                .filter((value) => "typed_config" in value),
        );
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

/** A matcher of text fits no list: Envoy compares the type of the metadata's value too. */
function isOne({ any, and_ids, metadata }: Principal, claims: Claims): boolean {
    if (any !== undefined) return any;
    if (and_ids !== undefined) return and_ids.ids.every((id) => isOne(id, claims));
    if (metadata === undefined) throw new Error("this evaluator reads any, and_ids and metadata only");
    const [, ...path] = metadata.path.map(({ key }) => key);
    const value = claims[path.join(".")];
    if (typeof value !== "string") return false;
    const { exact, safe_regex } = metadata.value.string_match;
    return safe_regex === undefined ? value === exact : new RegExp(`^(?:${safe_regex.regex})$`).test(value);
}

function permits(permission: Permission, headers: Headers): boolean {
    const { any, destination_port, requested_server_name, not_rule, or_rules, and_rules, header, url_path } =
        permission;
    if (any !== undefined) return any;
    if (destination_port !== undefined) return headers[PORT] === String(destination_port);
    if (requested_server_name !== undefined) return headers[SNI] === requested_server_name.exact;
    if (not_rule !== undefined) return !permits(not_rule, headers);
    if (or_rules !== undefined) return or_rules.rules.some((rule) => permits(rule, headers));
    if (and_rules !== undefined) return and_rules.rules.every((rule) => permits(rule, headers));
    if (header !== undefined) {
        const value = headers[header.name];
        if (value === undefined || header.string_match === undefined) return value !== undefined;
        const { exact, prefix, safe_regex } = header.string_match;
        // Names of hosts, which are compared without regard to case.
        if (exact !== undefined) return value.toLowerCase() === exact.toLowerCase();
        if (prefix !== undefined) return value.toLowerCase().startsWith(prefix.toLowerCase());
        if (safe_regex === undefined)
            throw new Error("this evaluator reads exact, prefix and safe_regex only");
        return matchesWhole(safe_regex.regex, value);
    }
    return url_path !== undefined && matchesWhole(url_path.path.safe_regex.regex, headers[":path"] ?? "");
}

function matchesWhole(regex: string, text: string): boolean {
    const insensitive = regex.replaceAll("(?i:", "(?:").replaceAll("(?i)", "");
    return new RegExp(`^(?:${insensitive})$`, "i").test(text);
}

/** Of the form `metadata[…][key] == request.headers[name]`, and false where either is not there. */
function areEqual(condition: unknown, metadata: ReadonlyMap<string, string>, headers: Headers): boolean {
    const strings = [...JSON.stringify(condition).matchAll(/"string_value":"([^"]*)"/g)].map(
        ([, text]) => text ?? "",
    );
    const [, key = "", header = ""] = strings;
    const own = headers[header];
    return own !== undefined && metadata.get(key) === own;
}
