import { exposures } from "../../catalogue/query";
import type { Issuer } from "../../config/edge";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { RequestAuthenticationManifest } from "../base/manifest";
import { ENTRY_GATEWAYS, GATEWAY_KEYS, NAMESPACES, TOKEN_HEADERS } from "../base/names";
import type { Platform } from "../base/platform";

type JwtRule = NonNullable<RequestAuthenticationManifest["spec"]["jwtRules"]>[number];

/**
 * Whose tokens each gateway takes that has an exposure to take one. A token that is wrong in any way is refused with 401;
 * none at all passes here, and is refused by the AuthorizationPolicies of the exposures that ask for one.
 */
export function requestAuthentications({ catalogue, config }: Platform): RequestAuthenticationManifest[] {
    const asking = new Set(
        exposures(catalogue)
            .filter(({ exposure }) => exposure.authentication === "jwt")
            .map(({ exposure }) => exposure.gateway),
    );
    return GATEWAY_KEYS.filter((key) => asking.has(key)).map((key) => ({
        apiVersion: "security.istio.io/v1",
        kind: "RequestAuthentication",
        metadata: { name: ENTRY_GATEWAYS[key], namespace: NAMESPACES.ingress, labels: COMMON_LABELS },
        spec: {
            selector: serviceSelector(ENTRY_GATEWAYS[key]),
            jwtRules: config.edge.issuers.map(jwtRule),
        },
    }));
}

function jwtRule({ issuer, audiences, jwks, jwksUri, claims }: Issuer): JwtRule {
    return {
        issuer,
        audiences,
        ...(jwks === undefined ? {} : { jwks }),
        ...(jwksUri === undefined ? {} : { jwksUri }),
        // Services ask `auth` about it, and pass it on.
        forwardOriginalToken: true,
        outputClaimToHeaders: [
            { header: TOKEN_HEADERS.tenant, claim: claims.tenant },
            { header: TOKEN_HEADERS.roles, claim: claims.roles },
            { header: TOKEN_HEADERS.plan, claim: claims.plan },
            { header: TOKEN_HEADERS.subject, claim: "sub" },
        ],
    };
}
