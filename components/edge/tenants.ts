import { type ExposureEdge, exposures } from "../../catalogue/query";
import { isHost } from "../base/canonical-paths";
import { at, equal, member } from "../base/cel";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, TOKEN_HEADERS, exposedHost } from "../base/names";
import { tenantReading } from "../base/path-forms";
import { DECODED, PATH_TENANT, distinct, pathTenant } from "../base/path-tenant";
import type { Platform } from "../base/platform";
import { typed } from "../base/envoy-filter";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";

/**
 * Where a path names a tenant, lets pass only a token of that tenant. Istio's policies compare a claim with constants
 * only; Envoy's RBAC can compare two values of a request.
 *
 * An ALLOW, so that it fails closed: a token that names no tenant, or a condition that cannot be judged, is a refusal.
 */
export function tenantFilters({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    const naming = exposures(catalogue).filter(({ exposure }) => (exposure.tenantPaths ?? []).length > 0);
    return GATEWAY_KEYS.flatMap((key) => {
        const own = naming.filter(({ exposure }) => exposure.gateway === key);
        if (own.length === 0) return [];
        return [
            envoyFilter(`${key}-tenant-paths`, key, PRIORITY.tenants, [
                beforeRouter("sparc.path_tenant", pathTenant(own.map(({ exposure }) => exposure))),
                beforeRouter("sparc.path_tenant_decoded", decoded()),
                beforeRouter(
                    "sparc.tenants",
                    sameTenant(own, (edge) => exposedHost(config, edge.exposure.host)),
                ),
            ]),
        ];
    });
}

/**
 * A tenant's name in a path may be percent-encoded, in digits of either case; in the token it is not. Where this fails the
 * name stays as it is, and is no token's. What it decodes has passed `canonical-paths`: UTF-8, encoded once.
 */
function decoded(): Record<string, unknown> {
    const lines = [
        "function envoy_on_request(handle)",
        "  local metadata = handle:streamInfo():dynamicMetadata()",
        `  for host, name in pairs(metadata:get("${PATH_TENANT}") or {}) do`,
        '    if string.find(name, "%", 1, true) then',
        `      local plain = ${DECODED}`,
        `      metadata:set("${PATH_TENANT}", host, plain)`,
        "    end",
        "  end",
        "end",
    ];
    return typed("filters.http.lua.v3.Lua", {
        default_source_code: { inline_string: `${lines.join("\n")}\n` },
    });
}

function sameTenant(
    edges: readonly ExposureEdge[],
    hostOf: (edge: ExposureEdge) => string,
): Record<string, unknown> {
    const anyone = [{ any: true }];
    const naming = edges.map((edge) => namesTenant(edge, hostOf(edge)));
    return typed("filters.http.rbac.v3.RBAC", {
        rules: {
            action: "ALLOW",
            policies: {
                "names-no-tenant": {
                    permissions: [{ not_rule: { or_rules: { rules: naming } } }],
                    principals: anyone,
                },
                ...Object.fromEntries(
                    edges.map(({ exposure }, index) => [
                        `own-tenant-at-${exposure.host}`,
                        {
                            permissions: [naming[index]],
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
 * A request to `host` whose path names a tenant, whatever follows it. Another spelling of such a path has been refused
 * before (`canonical-paths`).
 */
function namesTenant({ exposure }: ExposureEdge, host: string): Record<string, unknown> {
    const paths = distinct(
        exposure.tenantPaths ?? [],
        (template) => tenantReading(template, exposure.paths ?? {}).strict,
    );
    return {
        and_rules: {
            rules: [isHost(host), { url_path: { path: { safe_regex: { regex: paths.join("|") } } } }],
        },
    };
}
