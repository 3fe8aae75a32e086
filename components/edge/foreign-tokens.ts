import { exposures } from "../../catalogue/query";
import { onRoute, typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import type { Platform } from "../base/platform";
import { BEARER_FILTER } from "./bearer";
import { PRIORITY, envoyFilter } from "./envoy";
import { ONE_TOKEN_FILTER } from "./one-token";
import { readingGateways } from "./tokens";

/**
 * A RequestAuthentication applies to all hosts of a gateway: Envoy would refuse a webhook whose bearer token is no JWT of
 * the stack's issuers, and a log-in by a client that still sends its expired token. The filters that read tokens are
 * therefore off on the routes of hosts that demand no JWT. No identity header is set there, since it is the JWT filter
 * that sets them, and `client-headers` has removed the client's own.
 */
export function foreignTokens(platform: Platform): EnvoyFilterManifest[] {
    return readingGateways(platform).flatMap((gateway) => {
        const hosts = exposures(platform.catalogue).filter(
            ({ exposure, port }) =>
                exposure.gateway === gateway && port.protocol !== "tcp" && exposure.authentication !== "jwt",
        );
        if (hosts.length === 0) return [];
        const patches = hosts.map(({ exposure }) => onRoute(exposure.host, { typed_per_filter_config: OFF }));
        return [envoyFilter(`${gateway}-foreign-tokens`, gateway, PRIORITY.tokens, patches)];
    });
}

/** By filter name. Istio names its JWT filter so (pilot/pkg/security/authn/model). */
const OFF = {
    "envoy.filters.http.jwt_authn": typed("filters.http.jwt_authn.v3.PerRouteConfig", { disabled: true }),
    // Without rules the RBAC filter does nothing.
    [ONE_TOKEN_FILTER]: typed("filters.http.rbac.v3.RBACPerRoute", {}),
    [BEARER_FILTER]: typed("filters.http.lua.v3.LuaPerRoute", { disabled: true }),
};
