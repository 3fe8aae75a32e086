/** Paths that contain a tenant, as a service's sidecar sees them. */
import type { Exposure } from "../../../catalogue/model";
import { parsePathTemplate, upTo } from "../../../catalogue/path-template";
import { exposuresOf } from "../../../catalogue/query";
import { typed } from "../../shared/envoy/envoy-filter";
import { DECODED, PATH_TENANT } from "../../shared/envoy/path-tenant";
import { pathsAtService } from "../../shared/routing/paths";
import type { Platform } from "../../base/platform";

/** An exposure of a port with tenants in its paths. */
export interface TenantPaths {
    readonly exposure: Exposure;
    /** The templates of these paths, after the callers' rewrites. */
    readonly templates: readonly string[];
}

export function tenantPathsOf(
    service: string,
    portName: string,
    { catalogue, config }: Platform,
): TenantPaths[] {
    const rewrites = config.traffic.services[service]?.rewrites ?? [];
    return exposuresOf(catalogue, service)
        .filter((edge) => edge.portName === portName && (edge.exposure.tenantPaths ?? []).length > 0)
        .map(({ exposure }) => ({
            exposure,
            templates: pathsAtService(exposure.tenantPaths ?? [], rewrites).filter(
                (template) => upTo(parsePathTemplate(template), "tenant") !== undefined,
            ),
        }));
}

/**
 * The header in which one filter of a sidecar passes to another the tenant that an exposure's templates extract from
 * the path.
 */
export function pathTenantHeader(host: string): string {
    return `x-sparc-path-tenant-${host}`;
}

/**
 * Writes the extracted tenants from the metadata into headers, decoded: the RBAC filter compares two headers, and a
 * header's presence says whether there is anything to compare. For a path without a tenant the metadata contains the
 * whole path, which is skipped.
 */
export function pathTenantToHeader(): Record<string, unknown> {
    const lines = [
        "function envoy_on_request(handle)",
        `  local names = handle:streamInfo():dynamicMetadata():get("${PATH_TENANT}") or {}`,
        "  for host, name in pairs(names) do",
        `    local plain = ${DECODED}`,
        '    if string.sub(name, 1, 1) ~= "/" and not string.find(plain, "%c") then',
        `      handle:headers():replace("${pathTenantHeader("")}" .. host, plain)`,
        "    end",
        "  end",
        "end",
    ];
    return typed("filters.http.lua.v3.Lua", {
        default_source_code: { inline_string: `${lines.join("\n")}\n` },
    });
}
