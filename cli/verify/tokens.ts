/** Signs test tokens (JWT, RFC 7519), valid and invalid ones. */
import { generateKeyPairSync, sign as signature } from "node:crypto";
import { type Claim, type Issuer, claimPath } from "../../config/edge";
import { SIGNING_ALGORITHM, type SigningKey } from "../../local";
import type { Token } from "./model";

/** Signs a token and encodes it for the Authorization header. */
export type Sign = (token: Token) => string;

const HOUR = 3600;

/** Signs tokens as `issuer` does, with its claims and audience. */
export function signer({ key, id }: SigningKey, { issuer, audiences, claims }: Issuer): Sign {
    const untrustedKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    return ({ tenant, tenantForm, subject, roles, scopes, plan, flaw }) => {
        const now = Math.floor(Date.now() / 1000);
        const payload: Record<string, unknown> = {
            iss: flaw === "issuer" ? `${issuer}/unknown` : issuer,
            aud: flaw === "audience" ? "mesh-verify-another" : audiences[0],
            sub: subject,
            iat: now - 2 * HOUR,
            exp: flaw === "expired" ? now - HOUR : now + HOUR,
        };
        setClaim(payload, claims.tenant, inForm(tenant, tenantForm));
        setClaim(payload, claims.roles, roles);
        setClaim(payload, claims.plan, plan);
        setClaim(payload, "scope", scopes?.join(" "));
        const text = [{ alg: SIGNING_ALGORITHM, typ: "JWT", kid: id }, payload].map(encoded).join(".");
        const signingInput = {
            key: flaw === "signature" ? untrustedKey : key,
            dsaEncoding: "ieee-p1363",
        } as const;
        return `${text}.${signature("sha256", Buffer.from(text), signingInput).toString("base64url")}`;
    };
}

function inForm(tenant: string, form: Token["tenantForm"]): string | readonly string[] | undefined {
    switch (form) {
        case undefined:
            return tenant;
        case "list":
            return [tenant];
        case "absent":
            return undefined;
    }
}

/** Sets a claim, nested if its path has several parts. Ignores undefined values. */
function setClaim(payload: Record<string, unknown>, claim: Claim, value: unknown): void {
    if (value === undefined) return;
    const path = [...claimPath(claim)];
    const last = path.pop() ?? "";
    const inner = path.reduce((outer, name) => (outer[name] ??= {}) as Record<string, unknown>, payload);
    inner[last] = value;
}

function encoded(part: unknown): string {
    return Buffer.from(JSON.stringify(part)).toString("base64url");
}
