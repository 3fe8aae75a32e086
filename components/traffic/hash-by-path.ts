import type { LoadBalancing } from "../../catalogue/model";
import { escapeRegex, parsePathTemplate, writePathTemplate } from "../../catalogue/path-template";
import { exposures } from "../../catalogue/query";
import { envoyFilter, onRoute } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { INGRESS_GATEWAYS, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

/**
 * Consistent hashing for external clients, which set no header for it: a video player only requests the next segment.
 * Their key is in the path, which a DestinationRule cannot hash, so the gateway's route does.
 */
export function hashesByPath({ catalogue }: Platform): EnvoyFilterManifest[] {
    return exposures(catalogue).flatMap(({ service, exposure }) => {
        const path = keyPath(catalogue.services[service]?.loadBalancing);
        if (path === undefined) return [];
        return [
            envoyFilter({
                name: `${exposure.gateway}-${exposure.host}-hash`,
                namespace: NAMESPACES.ingress,
                workload: INGRESS_GATEWAYS[exposure.gateway],
                patches: [onRoute(exposure.host, { route: { hash_policy: [byPath(path)] } })],
            }),
        ];
    });
}

function keyPath(balancing: LoadBalancing | undefined): string | undefined {
    return balancing?.policy === "consistent-hash" ? balancing.path : undefined;
}

/** Hashes the key's segment, or the whole path if it has another form. */
function byPath(path: string) {
    return {
        header: {
            header_name: ":path",
            regex_rewrite: { pattern: { regex: keyPattern(path) }, substitution: "\\1" },
        },
    };
}

/** Matches all paths of the template `path`, including the query, with the key as the only group. */
export function keyPattern(path: string): string {
    const pattern = writePathTemplate(parsePathTemplate(path), {
        literal: escapeRegex,
        one: "[^/?]+",
        rest: "[^?]*",
        named: () => "([^/?]+)",
    });
    return `^${pattern}(?:\\?.*)?$`;
}
