import { type Claim, type Issuer, claimPath } from "../../config/edge";
import { TOKEN_HEADERS } from "../base/names";

/** The claims that become headers, by header. */
export function claimsByHeader({ claims }: Issuer): readonly (readonly [header: string, claim: Claim])[] {
    return [
        [TOKEN_HEADERS.tenant, claims.tenant],
        [TOKEN_HEADERS.roles, claims.roles],
        [TOKEN_HEADERS.plan, claims.plan],
        [TOKEN_HEADERS.subject, "sub"],
    ];
}

/** Whether a name in the claim's path contains a dot, at which Envoy's `claim_to_headers` would split it. */
export function isLiteral(claim: Claim): boolean {
    return claimPath(claim).some((name) => name.includes("."));
}
