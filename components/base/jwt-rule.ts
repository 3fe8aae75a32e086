import { type Issuer, claimPath } from "../../config/edge";
import { claimsByHeader, isLiteral } from "./claims";
import type { RequestAuthenticationManifest } from "./manifest";
import { TOKEN_HEADERS } from "./names";

type JwtRule = NonNullable<RequestAuthenticationManifest["spec"]["jwtRules"]>[number];

/**
 * Whose tokens count, by which keys, for whom, and which claims become headers. Claims whose names contain dots are for
 * `literal-claims.ts`.
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
        // Services ask `auth` about it, and pass it on.
        forwardOriginalToken: true,
        outputClaimToHeaders: claimsByHeader(one, headers)
            .filter(([, claim]) => !isLiteral(claim))
            .map(([header, claim]) => ({ header, claim: claimPath(claim).join(".") })),
    };
}
