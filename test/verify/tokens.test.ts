import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { TOKEN_FLAWS, type Token } from "../../cli/verify/model";
import { signer } from "../../cli/verify/tokens";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ISSUER = {
    issuer: "https://login.example",
    audiences: ["api", "other"],
    claims: { tenant: "app.tenant", roles: "app.roles", plan: "plan" },
};
const sign = signer({ key: privateKey, id: "key-1", jwks: "" }, ISSUER);
const TOKEN: Token = { tenant: "acme", subject: "ada", roles: ["staff"], scopes: ["a", "b"], plan: "gold" };

function parts(token: string) {
    const [head = "", payload = "", signature = ""] = token.split(".");
    const read = (part: string) =>
        JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
    const isSigned = verify(
        "sha256",
        Buffer.from(`${head}.${payload}`),
        { key: createPublicKey(privateKey), dsaEncoding: "ieee-p1363" },
        Buffer.from(signature, "base64url"),
    );
    return { head: read(head), claims: read(payload), isSigned };
}

describe("a token", () => {
    const now = Date.now() / 1000;

    it("contains the claims under its issuer's names, and is signed", () => {
        const { head, claims, isSigned } = parts(sign(TOKEN));
        const { exp, iat, ...rest } = claims;
        assert.deepEqual(head, { alg: "ES256", typ: "JWT", kid: "key-1" });
        assert.deepEqual(rest, {
            iss: "https://login.example",
            aud: "api",
            sub: "ada",
            app: { tenant: "acme", roles: ["staff"] },
            plan: "gold",
            scope: "a b",
        });
        assert.ok(Number(iat) < now && Number(exp) > now);
        assert.ok(isSigned);
    });

    it("omits absent claims", () => {
        const { claims } = parts(sign({ tenant: "acme", subject: "ada" }));
        assert.deepEqual(Object.keys(claims).sort(), ["app", "aud", "exp", "iat", "iss", "sub"]);
    });

    it("has one flaw at a time", () => {
        for (const flaw of TOKEN_FLAWS) {
            const { claims, isSigned } = parts(sign({ ...TOKEN, flaw }));
            const wrong = [
                ...(Number(claims["exp"]) < now ? ["expired"] : []),
                ...(claims["iss"] === ISSUER.issuer ? [] : ["issuer"]),
                ...(ISSUER.audiences.includes(String(claims["aud"])) ? [] : ["audience"]),
                ...(isSigned ? [] : ["signature"]),
            ];
            assert.deepEqual(wrong, [flaw]);
        }
    });
});
