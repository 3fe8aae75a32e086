import { actionOf, AUTHORIZATION, rulesOf } from "../../core/authorization";
import { exceptionList, anyInForce } from "../../core/exceptions";
import { at, list, isNonEmpty, textAt, texts } from "../../core/read";
import { isPattern } from "../../core/patterns";
import { type Violation, objectRule } from "../../core/rule";
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

/** Locations of a token other than a header, with their risks. */
const PLACES: Readonly<Record<string, string>> = {
    fromParams: "tokens in URLs are kept in logs, browser histories and Referer headers",
    fromCookies: "browsers send cookies with cross-site requests",
};

/**
 * AWS Cognito's access tokens have a client_id and no aud ("Understanding the access token" in its developer
 * guide). Each user pool is a separate issuer.
 */
const COGNITO = /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/;

export const tokens = objectRule<Config>({
    name: "access-tokens",
    area: "access",
    title: "JWTs are only accepted from a named issuer, for a named audience, with keys fetched securely",
    severity: "high",
    why: "otherwise a token for another application, or one signed by an attacker between istiod and the keys, is accepted as a user's",
    remediation:
        "Set an issuer, audiences, and jwks or an HTTPS jwksUri in each jwtRule. Use full issuer names in conditions.",
    appliesTo: ["security.istio.io/RequestAuthentication", AUTHORIZATION],
    defaults: { issuersWithoutAudience: [], places: [] },
    schema: {
        places: {
            type: "array",
            items: { type: "string", enum: Object.keys(PLACES) },
            description:
                "accepted locations of tokens other than headers, such as fromParams for WebSockets of browsers",
        },
        issuersWithoutAudience: exceptionList(
            "issuers that serve a single application and whose tokens have no aud claim; AWS Cognito user pools need no entry",
            { issuer: { type: "string" } },
        ),
    },
    examples: {
        noncompliant: `
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
        compliant: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwksUri: "https://login.example.com/jwks" }] }
`,
    },
    *evaluate(subject, { issuersWithoutAudience, places }) {
        if (subject.id === AUTHORIZATION) {
            yield* issuers(subject);
            return;
        }
        for (const [index, rule] of list(subject.spec["jwtRules"]).entries()) {
            const path = `spec.jwtRules[${index}]`;
            if (!isNonEmpty(at(rule, "issuer"))) {
                yield {
                    subject,
                    problem: `${path} has no issuer`,
                    fix: "set `issuer` to the token's iss claim.",
                };
            }
            if (
                texts(at(rule, "audiences")).length === 0 &&
                !hasNoAudience(textAt(rule, "issuer") ?? "", issuersWithoutAudience)
            ) {
                yield {
                    subject,
                    problem: `${path} has no audiences, so tokens for any other application of that issuer are accepted`,
                    fix: "set `audiences` to the aud claim of tokens for this platform.",
                };
            }
            for (const [place, harm] of Object.entries(PLACES)) {
                if (!isNonEmpty(at(rule, place)) || places.includes(place)) continue;
                yield {
                    subject,
                    problem: `${path}.${place} accepts tokens outside of headers: ${harm}`,
                    fix: "use fromHeaders, or list the location under this policy's `places`.",
                };
            }
            const uri = textAt(rule, "jwksUri");
            if (uri === undefined && isNonEmpty(at(rule, "jwks"))) continue;
            if (uri?.startsWith("https://") === true) continue;
            yield {
                subject,
                problem:
                    uri === undefined
                        ? `${path} has no keys, so Istio discovers them at the issuer's address`
                        : `${path}.jwksUri is ${uri}: keys that are fetched without TLS can be replaced in transit`,
                fix: "set jwksUri to an https address, or jwks to the key set.",
            };
        }
    },
});

/** The condition that requires a token of one issuer, in addition to `requestPrincipals`. */
const ISSUER = "request.auth.claims[iss]";

function* issuers(subject: Subject): Iterable<Violation> {
    if (actionOf(subject) !== "ALLOW") return;
    for (const { path, conditions } of rulesOf(subject)) {
        for (const { key, values } of conditions) {
            const wide = key === ISSUER ? values.find(isPattern) : undefined;
            if (wide === undefined) continue;
            yield {
                subject,
                problem: `${path} accepts tokens whose issuer matches ${JSON.stringify(wide)}, which can be more than one issuer`,
                fix: `use the full name of each issuer in the condition ${ISSUER}.`,
            };
        }
    }
}

function hasNoAudience(issuer: string, listed: readonly Issuer[]): boolean {
    return COGNITO.test(issuer) || anyInForce(listed.filter((entry) => entry.issuer === issuer));
}
