import { actionOf, AUTHORIZATION, rulesOf } from "../../core/authorization";
import { EXCEPTION_FIELDS, holds } from "../../core/exceptions";
import { at, list, says, textAt, texts } from "../../core/read";
import { isPattern } from "../../core/patterns";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Issuer {
    readonly issuer: string;
    readonly reason: string;
    readonly until: string;
}

interface Config {
    readonly issuersWithoutAudience: readonly Issuer[];
    readonly places: readonly string[];
}

/** Where a request may carry a token besides a header, with what goes wrong there. */
const PLACES: Readonly<Record<string, string>> = {
    fromParams: "a token in a URL stays in logs, histories and Referer headers",
    fromCookies: "browsers send a cookie with requests that other sites cause",
};

/**
 * AWS Cognito's access tokens have a client_id and no aud ("Understanding the access token" of its developer guide), and
 * each user pool is an issuer of its own.
 */
const COGNITO = /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/;

export const tokens = objectRule<Config>({
    name: "access-tokens",
    area: "access",
    title: "Tokens count only from a named issuer, for a named audience, by keys that come safely",
    severity: "high",
    why: "a token that was made for another application, or by whoever sits between istiod and the keys, passes as a user's",
    remedy: "Give each jwtRule an issuer, audiences, and jwks or a jwksUri over HTTPS; name issuers in full in conditions.",
    judges: ["security.istio.io/RequestAuthentication", AUTHORIZATION],
    defaults: { issuersWithoutAudience: [], places: [] },
    schema: {
        places: {
            type: "array",
            items: { type: "string", enum: Object.keys(PLACES) },
            description: "where tokens may be besides headers, such as fromParams for WebSockets of browsers",
        },
        issuersWithoutAudience: {
            type: "array",
            description:
                "issuers of one application's own, whose tokens have no aud claim; AWS Cognito's user pools are known to be",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["issuer", "reason", "until"],
                properties: { issuer: { type: "string" }, ...EXCEPTION_FIELDS },
            },
        },
    },
    examples: {
        refused: `
apiVersion: security.istio.io/v1beta1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: https://login.example.com, jwksUri: "http://login.example.com/jwks" }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: users, namespace: shop }
spec: { rules: [{ when: [{ key: "request.auth.claims[iss]", values: ["https://login.example.com*"] }] }] }
`,
        accepted: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwksUri: "https://login.example.com/jwks" }] }
`,
    },
    *judge(subject, { issuersWithoutAudience, places }) {
        if (subject.id === AUTHORIZATION) {
            yield* issuers(subject);
            return;
        }
        for (const [index, rule] of list(subject.spec["jwtRules"]).entries()) {
            const path = `spec.jwtRules[${index}]`;
            if (!says(at(rule, "issuer"))) {
                yield {
                    subject,
                    wrong: `${path} names no issuer`,
                    fix: "set `issuer` to the token's iss claim.",
                };
            }
            if (
                texts(at(rule, "audiences")).length === 0 &&
                !hasNoAudience(textAt(rule, "issuer") ?? "", issuersWithoutAudience)
            ) {
                yield {
                    subject,
                    wrong: `${path} names no audiences, so tokens for any other application of that issuer count`,
                    fix: "set `audiences` to what the token's aud claim says for this platform.",
                };
            }
            for (const [place, harm] of Object.entries(PLACES)) {
                if (!says(at(rule, place)) || places.includes(place)) continue;
                yield {
                    subject,
                    wrong: `${path}.${place} takes tokens from elsewhere than a header: ${harm}`,
                    fix: "use fromHeaders, or list the place under this policy's `places`.",
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

/** The condition that demands a token of one issuer, beside `requestPrincipals`. */
const ISSUER = "request.auth.claims[iss]";

function* issuers(subject: Subject): Iterable<Finding> {
    if (actionOf(subject) !== "ALLOW") return;
    for (const { path, conditions } of rulesOf(subject)) {
        for (const { key, values } of conditions) {
            const wide = key === ISSUER ? values.find(isPattern) : undefined;
            if (wide === undefined) continue;
            yield {
                subject,
                wrong: `${path} takes tokens whose issuer matches ${JSON.stringify(wide)}, which more than one issuer does`,
                fix: `name each issuer in full in the condition ${ISSUER}.`,
            };
        }
    }
}

function hasNoAudience(issuer: string, listed: readonly Issuer[]): boolean {
    return COGNITO.test(issuer) || holds(listed.filter((entry) => entry.issuer === issuer));
}
