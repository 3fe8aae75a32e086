import { type Issuer, claimPath } from "../../../config/edge";
import { claimsByHeader, isLiteral } from "./claims";
import type { RequestAuthenticationManifest } from "../../base/manifest";
import { TOKEN_HEADERS } from "../../base/names";

type JwtRule = NonNullable<RequestAuthenticationManifest["spec"]["jwtRules"]>[number];

/**
 * The JWT rule for an issuer: its keys, its audiences, and the claims that become headers. `literal-claims.ts`
 * handles claims whose names contain dots.
 */
export function jwtRule(
    one: Issuer,
    headers: Readonly<Record<keyof typeof TOKEN_HEADERS, string>> = TOKEN_HEADERS,
): JwtRule {
    const { issuer, audiences, jwks, jwksUri } = one;
    return {
        issuer,
        audiences,
        ...(jwks === undefined ? {} : { jwks }),
        ...(jwksUri === undefined ? {} : { jwksUri }),
        // Services send the token to `auth` to check it, and forward it.
        forwardOriginalToken: true,
        outputClaimToHeaders: claimsByHeader(one, headers)
            .filter(([, claim]) => !isLiteral(claim))
            .map(([header, claim]) => ({ header, claim: claimPath(claim).join(".") })),
    };
}
