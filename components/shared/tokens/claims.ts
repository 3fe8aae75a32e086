import { type Claim, type Issuer, claimPath } from "../../../config/edge";
import { TOKEN_HEADERS } from "../../base/names";

/** The claims that the gateways copy into headers, by header. */
export function claimsByHeader(
    { claims }: Issuer,
    headers: Readonly<Record<keyof typeof TOKEN_HEADERS, string>> = TOKEN_HEADERS,
): readonly (readonly [header: string, claim: Claim])[] {
    return [
        [headers.tenant, claims.tenant],
        [headers.roles, claims.roles],
        [headers.plan, claims.plan],
        [headers.subject, "sub"],
    ];
}

/** Whether a name in the claim's path contains a dot. Envoy's `claim_to_headers` would split it there. */
export function isLiteral(claim: Claim): boolean {
    return claimPath(claim).some((name) => name.includes("."));
}
