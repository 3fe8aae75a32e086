import { exposures } from "../../catalogue/query";
import { type Cors, corsOf, isPattern, originRegex } from "../shared/routing/cors";
import { typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, exposedHost } from "../base/names";
import { escapeRegex } from "../../catalogue/path-template";
import type { Platform } from "../base/platform";
import { type Patch, PRIORITY, connectionManager, envoyFilter, firstFilter } from "./envoy";

/** Istio's name of the filter, under which it stores a route's CORS policy. */
const CORS_FILTER = "envoy.filters.http.cors";

/**
 * Istio inserts the CORS filter after tokens and policies, so that a browser shows a page neither the 401 of an
 * expired token nor the 403 of a missing scope (istio/istio#29425). This adds the same filter before them: it answers
 * preflights of listed origins, which carry no token, and adds CORS headers to every response of a later filter.
 *
 * Local replies that Envoy sends before any filter runs, such as 400 or 431, get their CORS headers from
 * `local_reply_config`.
 */
export function corsAtGateways({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    return GATEWAY_KEYS.flatMap((key) => {
        const open = exposures(catalogue)
            .filter(({ exposure }) => exposure.gateway === key)
            .flatMap((edge) => {
                const cors = corsOf(edge, config);
                return cors === undefined ? [] : [{ edge, cors }];
            });
        if (open.length === 0) return [];
        const mappers = open.map(({ edge, cors }) => mapper(cors, exposedHost(config, edge.exposure.host)));
        const patches: Patch[] = [
            firstFilter(CORS_FILTER, typed("filters.http.cors.v3.Cors", {})),
            connectionManager({ local_reply_config: { mappers } }),
        ];
        return [envoyFilter(`${key}-cors`, key, PRIORITY.cors, patches)];
    });
}

/**
 * With a wildcard, any host of its domain can act with the user's cookies: one that was taken over, or a preview of
 * anyone's branch.
 */
export function corsProblems({ catalogue, config }: Platform): string[] {
    return exposures(catalogue).flatMap((edge) => {
        const cors = corsOf(edge, config);
        const wide = cors?.credentials === true ? cors.origins.filter(isPattern) : [];
        if (wide.length === 0) return [];
        const { exposure, service } = edge;
        const isOverridden = typeof exposure.cors === "object" && exposure.cors.credentials === true;
        return [
            `edge.corsOrigins: ${wide.join(", ")} would let pages of many hosts use the user's cookies at ${exposure.host} (${service}); ` +
                `list each origin in full, or set ${isOverridden ? "cors.credentials of the exposure" : "edge.cors.credentials"} to false`,
        ];
    });
}

/** Adds CORS headers to Envoy's local replies to a listed origin at this host. */
function mapper(cors: Cors, host: string): Record<string, unknown> {
    const origins = cors.origins.map(originRegex).join("|");
    return {
        filter: {
            and_filter: {
                filters: [
                    headerFilter(":authority", `(?i)${escapeRegex(host)}\\.?(:[0-9]+)?`),
                    headerFilter("origin", origins),
                ],
            },
        },
        headers_to_add: [
            set("access-control-allow-origin", "%REQ(origin)%"),
            set("access-control-expose-headers", cors.exposedHeaders.join(",")),
            ...(cors.credentials ? [set("access-control-allow-credentials", "true")] : []),
        ],
    };
}

function headerFilter(name: string, regex: string): Record<string, unknown> {
    return { header_filter: { header: { name, string_match: { safe_regex: { regex } } } } };
}

function set(key: string, value: string): Record<string, unknown> {
    return { header: { key, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
}
