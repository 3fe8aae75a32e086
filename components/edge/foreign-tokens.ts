import { exposures } from "../../catalogue/query";
import { onRoute, typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import type { Platform } from "../base/platform";
import { BEARER_FILTER } from "./bearer";
import { PRIORITY, envoyFilter } from "./envoy";
import { SINGLE_TOKEN_FILTER } from "./single-token";
import { tokenGateways } from "./tokens";

/**
 * A RequestAuthentication applies to all hosts of a gateway: Envoy would reject a webhook whose bearer token is not a
 * JWT of the stack's issuers, and a login by a client that still sends its expired token. The filters that read
 * tokens are therefore off on the routes of hosts that require no JWT. Those get no identity headers, because the JWT
 * filter sets them, and `client-headers` removes the client's.
 */
export function foreignTokens(platform: Platform): EnvoyFilterManifest[] {
    return tokenGateways(platform).flatMap((gateway) => {
        const hosts = exposures(platform.catalogue).filter(
            ({ exposure, port }) =>
                exposure.gateway === gateway && port.protocol !== "tcp" && exposure.authentication !== "jwt",
        );
        if (hosts.length === 0) return [];
        const patches = hosts.map(({ exposure }) => onRoute(exposure.host, { typed_per_filter_config: OFF }));
        return [envoyFilter(`${gateway}-foreign-tokens`, gateway, PRIORITY.tokens, patches)];
    });
}

/** By filter name. Istio names its JWT filter in pilot/pkg/security/authn/model. */
const OFF = {
    "envoy.filters.http.jwt_authn": typed("filters.http.jwt_authn.v3.PerRouteConfig", { disabled: true }),
    // Without rules the RBAC filter does nothing.
    [SINGLE_TOKEN_FILTER]: typed("filters.http.rbac.v3.RBACPerRoute", {}),
    // Of any type: Lua's own per-route configuration does not reach the filter inside of a matcher.
    [BEARER_FILTER]: {
        "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
        disabled: true,
    },
};
