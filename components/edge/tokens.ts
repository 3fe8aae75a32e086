import { exposures } from "../../catalogue/query";
import { jwtRule } from "../shared/tokens/jwt-rule";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { RequestAuthenticationManifest } from "../base/manifest";
import { INGRESS_GATEWAYS, GATEWAY_KEYS, type GatewayKey, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

/**
 * The JWT rules of each gateway with an exposure that requires a token, in the Authorization header or, for players
 * and WebSockets that cannot set it, in the query. An invalid token gets 401, two tokens 403. A request without a
 * token passes here and is denied by the AuthorizationPolicies of exposures that require one.
 */
export function requestAuthentications(platform: Platform): RequestAuthenticationManifest[] {
    return tokenGateways(platform).map((key) => ({
        apiVersion: "security.istio.io/v1",
        kind: "RequestAuthentication",
        metadata: { name: INGRESS_GATEWAYS[key], namespace: NAMESPACES.ingress, labels: COMMON_LABELS },
        spec: {
            selector: serviceSelector(INGRESS_GATEWAYS[key]),
            jwtRules: platform.config.edge.issuers.map((issuer) => jwtRule(issuer)),
        },
    }));
}

/** The gateways with an exposure that requires a token. */
export function tokenGateways({ catalogue }: Platform): GatewayKey[] {
    const reading = new Set(
        exposures(catalogue)
            .filter(({ exposure }) => exposure.authentication === "jwt")
            .map(({ exposure }) => exposure.gateway),
    );
    return GATEWAY_KEYS.filter((key) => reading.has(key));
}
