import { requestLine } from "../../catalogue/requests";
import { type ExposureEdge, exposures } from "../../catalogue/query";
import { type PathsOfHost, canonicalPathPatches } from "../shared/envoy/canonical-paths";
import type { EnvoyFilterManifest } from "../base/manifest";
import { exposedHost } from "../base/names";
import { scopePatterns, tenantPatterns } from "../shared/envoy/path-forms";
import type { Platform } from "../base/platform";
import { PRIORITY, envoyFilter } from "./envoy";

/**
 * Rejects, with 400 and before any other filter, paths that the gateway, a sidecar and the application could
 * interpret differently. All of them interpret an accepted path in the same way: Envoy's normalization at the sidecar
 * does not change it.
 */
export function canonicalPathsAtGateways({ catalogue, config }: Platform): EnvoyFilterManifest {
    const hosts = exposures(catalogue)
        .filter(({ port }) => port.protocol === "http" || port.protocol === "ws")
        .map((edge) => pathsOf(edge, exposedHost(config, edge.exposure.host)));
    return envoyFilter("canonical-paths", "all", PRIORITY.paths, canonicalPathPatches("GATEWAY", { hosts }));
}

function pathsOf({ exposure }: ExposureEdge, host: string): PathsOfHost {
    const forms = exposure.paths ?? {};
    const scoped = new Set(
        (exposure.scopes ?? []).flatMap(({ requests = [] }) => requests.map((one) => requestLine(one).path)),
    );
    return {
        host,
        forms,
        deciding: [
            ...(exposure.tenantPaths ?? []).map((template) => tenantPatterns(template, forms)),
            ...[...scoped].sort().map(scopePatterns),
        ],
    };
}
