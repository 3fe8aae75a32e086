/** The RBAC policies with which a sidecar rejects tenant headers that the token does not confirm. */
import { callersOf, exposuresOf, wireOperations } from "../../../catalogue/query";
import type { MeshConfig } from "../../../config/schema";
import { isHost } from "../../shared/envoy/canonical-paths";
import { type Expression, at, both, equal, has, member, not } from "../../shared/envoy/cel";
import { typed } from "../../shared/envoy/envoy-filter";
import {
    INGRESS_GATEWAYS,
    NAMESPACES,
    TOKEN_HEADERS,
    VERIFIED_HEADERS,
    exposedHost,
    principal,
} from "../../base/names";
import { tenantPatterns } from "../../shared/envoy/path-forms";
import { PATH_TENANT, distinct } from "../../shared/envoy/path-tenant";
import { pathsAtService, uriMatch } from "../../shared/routing/paths";
import type { Platform } from "../../base/platform";
import { type TenantPaths, tenantPathsOf } from "./paths";

type Rule = Record<string, unknown>;

const HEADERS = Object.keys(TOKEN_HEADERS) as (keyof typeof TOKEN_HEADERS)[];
const ANOTHER_TENANT = "tenant-of-path";
const SPELLING = "spelling-of-tenant-path";

/** The policies of one port, by name. Any that matches rejects the request. */
export function tenantRules(service: string, portName: string, platform: Platform): Record<string, Rule> {
    const trusted = [
        ...gateways(service, portName, platform),
        ...assertingCallers(service, portName, platform),
    ];
    const others = trusted.length === 0 ? { any: true } : { not_id: anyOf(trusted) };
    const paths = tenantPathsOf(service, portName, platform);
    return {
        ...Object.fromEntries(
            HEADERS.map((key) => [
                policyOf(TOKEN_HEADERS[key]),
                {
                    permissions: [{ header: { name: TOKEN_HEADERS[key], present_match: true } }],
                    principals: [others],
                    condition: not(headersEqual(VERIFIED_HEADERS[key], TOKEN_HEADERS[key])),
                },
            ]),
        ),
        ...Object.fromEntries(
            paths.flatMap((one) => pathRules(one, callersOfPaths(service, portName, one, platform))),
        ),
    };
}

/** The gateways set the headers from verified tokens, and remove clients' headers of these names. */
function gateways(service: string, portName: string, { catalogue, config }: Platform): Rule[] {
    const keys = exposuresOf(catalogue, service)
        .filter((edge) => edge.portName === portName && edge.exposure.authentication === "jwt")
        .map(({ exposure }) => exposure.gateway);
    return [...new Set(keys)].sort().map((key) => gatewayId(key, config));
}

/** Callers with `assertsTenant` in the catalogue, for the requests of those calls only. */
function assertingCallers(service: string, portName: string, { catalogue, config }: Platform): Rule[] {
    const rewrites = config.traffic.services[service]?.rewrites ?? [];
    return callersOf(catalogue, service)
        .filter((edge) => edge.portName === portName && edge.call.assertsTenant === true)
        .map(({ caller, port, call }) => ({
            and_ids: {
                ids: [
                    identity(principal(config, NAMESPACES.services, caller)),
                    anyOf(
                        wireOperations(port, call).map(({ methods, paths }) => ({
                            and_ids: {
                                ids: [
                                    anyOf(methods.map(method)),
                                    anyOf(pathsAtService(paths, rewrites).map(path)),
                                ],
                            },
                        })),
                    ),
                ],
            },
        }));
}

/**
 * The callers to which an exposure's templates apply: its gateway under its host, because another host of the gateway
 * may be for staff, who access all tenants; and every caller that is not a gateway of this port.
 */
function callersOfPaths(
    service: string,
    portName: string,
    { exposure }: TenantPaths,
    { catalogue, config }: Platform,
): Rule[] {
    const keys = exposuresOf(catalogue, service)
        .filter((edge) => edge.portName === portName)
        .map((edge) => edge.exposure.gateway);
    const host = isHost(exposedHost(config, exposure.host)) as { or_rules: { rules: Rule[] } };
    return [
        { and_ids: { ids: [gatewayId(exposure.gateway, config), anyOf(host.or_rules.rules)] } },
        { not_id: anyOf([...new Set(keys)].sort().map((key) => gatewayId(key, config))) },
    ];
}

function pathRules({ exposure, templates }: TenantPaths, principals: readonly Rule[]): [string, Rule][] {
    const forms = exposure.paths ?? {};
    const strict = onPath(distinct(templates, (template) => tenantPatterns(template, forms).strict));
    const loose = onPath(distinct(templates, (template) => tenantPatterns(template, forms).loose));
    return [
        [
            `${ANOTHER_TENANT}-${exposure.host}`,
            {
                permissions: [strict],
                principals,
                condition: not(isPathTenant(exposure.host, TOKEN_HEADERS.tenant)),
            },
        ],
        [
            `${SPELLING}-${exposure.host}`,
            { permissions: [{ and_rules: { rules: [loose, { not_rule: strict }] } }], principals },
        ],
    ];
}

const REQUEST_HEADERS = member("request", "headers");

/**
 * Whether the request has both headers with the same value. The expression never errors, so no request passes because
 * of an error.
 */
function headersEqual(a: string, b: string): Expression {
    return both(
        both(has(REQUEST_HEADERS, a), has(REQUEST_HEADERS, b)),
        equal(at(REQUEST_HEADERS, a), at(REQUEST_HEADERS, b)),
    );
}

/** Whether the header has the tenant that an exposure's templates extract from the path. Never errors either. */
function isPathTenant(host: string, header: string): Expression {
    const metadata = member("metadata", "filter_metadata");
    const tenants = at(metadata, PATH_TENANT);
    return both(
        both(both(has(metadata, PATH_TENANT), has(tenants, host)), has(REQUEST_HEADERS, header)),
        equal(at(tenants, host), at(REQUEST_HEADERS, header)),
    );
}

function gatewayId(key: keyof typeof INGRESS_GATEWAYS, config: MeshConfig): Rule {
    return identity(principal(config, NAMESPACES.ingress, INGRESS_GATEWAYS[key]));
}

/** Matches the SPIFFE ID of the caller's certificate. */
function identity(name: string): Rule {
    return { authenticated: { principal_name: { exact: `spiffe://${name}` } } };
}

function method(exact: string): Rule {
    return { header: { name: ":method", string_match: { exact } } };
}

/** Matches a path of the catalogue, without its query. */
function path(template: string): Rule {
    const match = uriMatch(template);
    return { url_path: { path: "regex" in match ? { safe_regex: { regex: match.regex } } : match } };
}

function onPath(regexes: readonly string[]): Rule {
    return { url_path: { path: { safe_regex: { regex: regexes.join("|") } } } };
}

function anyOf(ids: readonly Rule[]): Rule {
    const [only] = ids;
    return ids.length === 1 && only !== undefined ? only : { or_ids: { ids } };
}

function policyOf(header: string): string {
    return `asserted-${header}`;
}

/** The local replies, by the policy that denied the request. */
export function localReplies(): Rule[] {
    return [
        ...HEADERS.map((key) => TOKEN_HEADERS[key]).map((header) =>
            localReply(
                policyOf(header),
                `${header} is not what the token in the request says, and this caller may not assert it`,
            ),
        ),
        localReply(ANOTHER_TENANT, `the path names another tenant than ${TOKEN_HEADERS.tenant}`),
        localReply(SPELLING, "the path spells a tenant's path in another way than the service's host does"),
    ];
}

/** The names of policies for paths end in the exposure's label. */
function localReply(name: string, reason: string): Rule {
    return {
        filter: {
            extension_filter: {
                name: "envoy.access_loggers.extension_filters.cel",
                typed_config: typed("access_loggers.filters.cel.v3.ExpressionFilter", {
                    expression: `response.code_details.startsWith("rbac_access_denied_matched_policy[${name}")`,
                }),
            },
        },
        body: { inline_string: `RBAC: access denied: ${reason}.\n` },
    };
}
