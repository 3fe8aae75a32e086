/** Paths that name a tenant, as a service's sidecar sees them. */
import type { Exposure } from "../../../catalogue/model";
import { parsePathTemplate, upTo } from "../../../catalogue/path-template";
import { exposuresOf } from "../../../catalogue/query";
import { typed } from "../../base/envoy-filter";
import { DECODED, PATH_TENANT } from "../../base/path-tenant";
import { seenPaths } from "../../base/paths";
import type { Platform } from "../../base/platform";

/** An exposure of a port whose paths name a tenant. */
export interface TenantPaths {
    readonly exposure: Exposure;
    /** Of such paths, once callers' proxies have rewritten them. */
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
            templates: seenPaths(exposure.tenantPaths ?? [], rewrites).filter(
                (template) => upTo(parsePathTemplate(template), "tenant") !== undefined,
            ),
        }));
}

/** In which the filters of one sidecar tell each other the tenant that the path names by an exposure's templates. */
export function pathTenantHeader(host: string): string {
    return `x-sparc-path-tenant-${host}`;
}

/**
 * Writes the tenants that the metadata holds into headers, decoded: RBAC compares two headers, and says by the presence of
 * one whether there is anything to compare. A path that names none is in the metadata as a whole, and skipped.
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
