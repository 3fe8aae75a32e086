import { at, list, says, textAt, texts } from "../../core/read";
import { objectRule } from "../../core/rule";

export const tokens = objectRule<object>({
    name: "access-tokens",
    area: "access",
    title: "Tokens count only from a named issuer, for a named audience, by keys that come safely",
    severity: "high",
    why: "a token that was made for another application, or by whoever sits between istiod and the keys, passes as a user's",
    remedy: "Give each jwtRule an issuer, audiences, and jwks or a jwksUri over HTTPS.",
    judges: ["security.istio.io/RequestAuthentication"],
    defaults: {},
    schema: {},
    examples: {
        refused: `
apiVersion: security.istio.io/v1beta1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: https://login.example.com, jwksUri: "http://login.example.com/jwks" }] }
`,
        accepted: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwksUri: "https://login.example.com/jwks" }] }
`,
    },
    *judge(subject) {
        for (const [index, rule] of list(subject.spec["jwtRules"]).entries()) {
            const path = `spec.jwtRules[${index}]`;
            if (!says(at(rule, "issuer"))) {
                yield {
                    subject,
                    wrong: `${path} names no issuer`,
                    fix: "set `issuer` to the token's iss claim.",
                };
            }
            if (texts(at(rule, "audiences")).length === 0) {
                yield {
                    subject,
                    wrong: `${path} names no audiences, so tokens for any other application of that issuer count`,
                    fix: "set `audiences` to what the token's aud claim says for this platform.",
                };
            }
            const uri = textAt(rule, "jwksUri");
            if (uri === undefined && says(at(rule, "jwks"))) continue;
            if (uri?.startsWith("https://") === true) continue;
            yield {
                subject,
                wrong:
                    uri === undefined
                        ? `${path} says no keys, so Istio asks the issuer's address for them`
                        : `${path}.jwksUri is ${uri}: keys that come without TLS can be replaced on the way`,
                fix: "set jwksUri to an address of https, or jwks to the key set.",
            };
        }
    },
});
