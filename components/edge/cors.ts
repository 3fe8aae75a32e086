import { exposures } from "../../catalogue/query";
import { type Cors, corsOf, isPattern, originRegex } from "../base/cors";
import { typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, exposedHost } from "../base/names";
import { escapeRegex } from "../../catalogue/path-template";
import type { Platform } from "../base/platform";
import { type Patch, PRIORITY, connectionManager, envoyFilter, firstFilter } from "./envoy";

/** Istio's name of the filter, under which it keeps a route's CORS policy. */
const CORS_FILTER = "envoy.filters.http.cors";

/**
 * Istio has the CORS filter behind tokens and policies, so that a browser shows a page neither the 401 of an expired token
 * nor the 403 of a missing scope (istio/istio#29425). The same filter stands before them too: it answers preflights of
 * listed origins, which bring no token, and marks each response that any later filter makes.
 *
 * What Envoy answers before any filter sees the request, such as 400 or 431, is marked by `local_reply_config`.
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

/** Any host of a wildcard's domain would act with the user's cookies: one that was taken over, or a preview of anyone's branch. */
export function corsProblems({ catalogue, config }: Platform): string[] {
    return exposures(catalogue).flatMap((edge) => {
        const cors = corsOf(edge, config);
        const wide = cors?.credentials === true ? cors.origins.filter(isPattern) : [];
        if (wide.length === 0) return [];
        const { exposure, service } = edge;
        const own = typeof exposure.cors === "object" && exposure.cors.credentials === true;
        return [
            `edge.corsOrigins: ${wide.join(", ")} would let pages of many hosts use the user's cookies at ${exposure.host} (${service}); ` +
                `list each origin in full, or set ${own ? "cors.credentials of the exposure" : "edge.cors.credentials"} to false`,
        ];
    });
}

/** Envoy's own response to a request of a listed origin to this host gets the headers by which the page may read it. */
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
