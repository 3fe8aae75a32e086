/** Tokens (RFC 7519) that the gateways take, and such that they must not. */
import { generateKeyPairSync, sign as signature } from "node:crypto";
import { type Claim, type Issuer, claimPath } from "../../config/edge";
import { SIGNING_ALGORITHM, type SigningKey } from "../../local";
import type { Token } from "./model";

/** A token, signed, as it stands in the header. */
export type Sign = (token: Token) => string;

const HOUR = 3600;

/** Signs as `issuer` does, whose claims and audience its tokens have. */
export function signer({ key, id }: SigningKey, { issuer, audiences, claims }: Issuer): Sign {
    const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    return ({ tenant, tenantForm, subject, roles, scopes, plan, flaw }) => {
        const now = Math.floor(Date.now() / 1000);
        const payload: Record<string, unknown> = {
            iss: flaw === "issuer" ? `${issuer}/stranger` : issuer,
            aud: flaw === "audience" ? "mesh-verify-another" : audiences[0],
            sub: subject,
            iat: now - 2 * HOUR,
            exp: flaw === "expired" ? now - HOUR : now + HOUR,
        };
        put(payload, claims.tenant, inForm(tenant, tenantForm));
        put(payload, claims.roles, roles);
        put(payload, claims.plan, plan);
        put(payload, "scope", scopes?.join(" "));
        const text = [{ alg: SIGNING_ALGORITHM, typ: "JWT", kid: id }, payload].map(encoded).join(".");
        const own = { key: flaw === "signature" ? stranger : key, dsaEncoding: "ieee-p1363" } as const;
        return `${text}.${signature("sha256", Buffer.from(text), own).toString("base64url")}`;
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

/** Sets a claim, or one inside another; leaves out what is undefined. */
function put(payload: Record<string, unknown>, claim: Claim, value: unknown): void {
    if (value === undefined) return;
    const path = [...claimPath(claim)];
    const last = path.pop() ?? "";
    const inner = path.reduce((outer, name) => (outer[name] ??= {}) as Record<string, unknown>, payload);
    inner[last] = value;
}

function encoded(part: unknown): string {
    return Buffer.from(JSON.stringify(part)).toString("base64url");
}
