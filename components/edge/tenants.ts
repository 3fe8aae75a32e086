import { type ExposureEdge, exposures } from "../../catalogue/query";
import { isHost } from "../shared/envoy/canonical-paths";
import { at, equal, member } from "../shared/envoy/cel";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, TOKEN_HEADERS, exposedHost } from "../base/names";
import { tenantPatterns } from "../shared/envoy/path-forms";
import {
    PATH_TENANT,
    PATH_TENANT_DECODED,
    WITHOUT_ENCODING,
    decodedPathTenant,
    distinct,
    pathTenant,
} from "../shared/envoy/path-tenant";
import type { Platform } from "../base/platform";
import { typed } from "../shared/envoy/envoy-filter";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";

/**
 * If a path names a tenant, requires a token of that tenant. Istio's policies compare a claim only with constants;
 * Envoy's RBAC filter can compare two values of a request.
 *
 * An ALLOW, so that it fails closed: a token without a tenant, or a condition with an error, is denied.
 */
export function tenantFilters({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    const matches = exposures(catalogue).filter(({ exposure }) => (exposure.tenantPaths ?? []).length > 0);
    return GATEWAY_KEYS.flatMap((key) => {
        const gatewayEdges = matches.filter(({ exposure }) => exposure.gateway === key);
        if (gatewayEdges.length === 0) return [];
        return [
            envoyFilter(`${key}-tenant-paths`, key, PRIORITY.tenants, [
                beforeRouter("sparc.path_tenant", pathTenant(gatewayEdges.map(({ exposure }) => exposure))),
                beforeRouter(PATH_TENANT_DECODED, decodedPathTenant(), WITHOUT_ENCODING),
                beforeRouter(
                    "sparc.tenants",
                    sameTenant(gatewayEdges, (edge) => exposedHost(config, edge.exposure.host)),
                ),
            ]),
        ];
    });
}

function sameTenant(
    edges: readonly ExposureEdge[],
    hostOf: (edge: ExposureEdge) => string,
): Record<string, unknown> {
    const anyone = [{ any: true }];
    const matches = edges.map((edge) => namesTenant(edge, hostOf(edge)));
    return typed("filters.http.rbac.v3.RBAC", {
        rules: {
            action: "ALLOW",
            policies: {
                "names-no-tenant": {
                    permissions: [{ not_rule: { or_rules: { rules: matches } } }],
                    principals: anyone,
                },
                ...Object.fromEntries(
                    edges.map(({ exposure }, index) => [
                        `own-tenant-at-${exposure.host}`,
                        {
                            permissions: [matches[index]],
                            principals: anyone,
                            condition: equal(
                                at(at(member("metadata", "filter_metadata"), PATH_TENANT), exposure.host),
                                at(member("request", "headers"), TOKEN_HEADERS.tenant),
                            ),
                        },
                    ]),
                ),
            },
        },
    });
}

/**
 * Matches a request to `host` whose path names a tenant, with anything after it. `canonical-paths` has rejected other
 * spellings of such a path.
 */
function namesTenant({ exposure }: ExposureEdge, host: string): Record<string, unknown> {
    const paths = distinct(
        exposure.tenantPaths ?? [],
        (template) => tenantPatterns(template, exposure.paths ?? {}).strict,
    );
    return {
        and_rules: {
            rules: [isHost(host), { url_path: { path: { safe_regex: { regex: paths.join("|") } } } }],
        },
    };
}
