/** Paths that contain a tenant, as a service's sidecar sees them. */
import type { Exposure } from "../../../catalogue/model";
import { parsePathTemplate, upTo } from "../../../catalogue/path-template";
import { exposuresOf } from "../../../catalogue/query";
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
