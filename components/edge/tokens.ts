import { exposures } from "../../catalogue/query";
import { jwtRule } from "../base/jwt-rule";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { RequestAuthenticationManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, GATEWAY_KEYS, type GatewayKey, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";

/**
 * Whose tokens each gateway takes that has an exposure to take one, from the Authorization header or, of players and
 * WebSockets that can set none, the query. A token that is wrong in any way is refused with 401; two at once with 403;
 * none at all passes here, and is refused by the AuthorizationPolicies of the exposures that ask for one.
 */
export function requestAuthentications(platform: Platform): RequestAuthenticationManifest[] {
    return readingGateways(platform).map((key) => ({
        apiVersion: "security.istio.io/v1",
        kind: "RequestAuthentication",
        metadata: { name: ENTRY_GATEWAYS[key], namespace: NAMESPACES.ingress, labels: COMMON_LABELS },
        spec: {
            selector: serviceSelector(ENTRY_GATEWAYS[key]),
            jwtRules: platform.config.edge.issuers.map((issuer) => jwtRule(issuer)),
        },
    }));
}

/** The gateways with an exposure that asks for a token. */
export function readingGateways({ catalogue }: Platform): GatewayKey[] {
    const reading = new Set(
        exposures(catalogue)
            .filter(({ exposure }) => exposure.authentication === "jwt")
            .map(({ exposure }) => exposure.gateway),
    );
    return GATEWAY_KEYS.filter((key) => reading.has(key));
}
