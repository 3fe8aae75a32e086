import type { LoadBalancing } from "../../catalogue/model";
import { escapeRegex, parsePathTemplate, writePathTemplate } from "../../catalogue/path-template";
import { exposures } from "../../catalogue/query";
import { envoyFilter, onRoute } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

/**
 * Clients outside set no header to balance by: a player asks for the next segment, and nothing else. Their key is in
 * the path, which a DestinationRule cannot read, so that the gateway's route is given it here.
 */
export function hashesByPath({ catalogue }: Platform): EnvoyFilterManifest[] {
    return exposures(catalogue).flatMap(({ service, exposure }) => {
        const path = keyPath(catalogue.services[service]?.loadBalancing);
        if (path === undefined) return [];
        return [
            envoyFilter({
                name: `${exposure.gateway}-${exposure.host}-hash`,
                namespace: NAMESPACES.ingress,
                workload: ENTRY_GATEWAYS[exposure.gateway],
                patches: [onRoute(exposure.host, { route: { hash_policy: [byPath(path)] } })],
            }),
        ];
    });
}

function keyPath(balancing: LoadBalancing | undefined): string | undefined {
    return balancing?.policy === "consistent-hash" ? balancing.path : undefined;
}

/** Hashes the key's segment. A path of another form counts as a whole. */
function byPath(path: string) {
    return {
        header: {
            header_name: ":path",
            regex_rewrite: { pattern: { regex: keyPattern(path) }, substitution: "\\1" },
        },
    };
}

/** Matches the whole of what `path` stands for, query included, with the key in its one group. */
export function keyPattern(path: string): string {
    const pattern = writePathTemplate(parsePathTemplate(path), {
        literal: escapeRegex,
        one: "[^/?]+",
        rest: "[^?]*",
        named: () => "([^/?]+)",
    });
    return `^${pattern}(?:\\?.*)?$`;
}
