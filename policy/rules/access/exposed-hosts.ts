import { actionOf, alwaysRequiresToken, requiresToken, AUTHORIZATION } from "../../core/authorization";
import { expiryNote, exceptionList, anyInForce } from "../../core/exceptions";
import { type ExposedHost, exposures, grantsAt, grantsOf } from "../../core/exposure";
import { hasPolicyAt } from "../../core/gateway-proxies";
import { INGRESS, KUBERNETES_GATEWAY, LISTENER_SETS } from "../../core/listeners";
import { POD_MAKERS } from "../../core/pods";
import { speaksProxyProtocol } from "../../core/proxy-protocol";
import { type Fields, list, texts } from "../../core/read";
import { type Violation, type Violations, guarded, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";
import { type HostRequirements, evaluateGrant } from "./grants";
import { isProven, type Proof, PROOFS } from "./proofs";

interface PublicHost {
    readonly host: string;
    readonly reason: string;
    readonly until: string;
}

interface PublicPaths extends PublicHost {
    readonly methods: readonly string[];
    readonly paths: readonly string[];
}

interface Config extends HostRequirements {
    readonly public: readonly PublicHost[];
    readonly publicPaths: readonly PublicPaths[];
    readonly proofs: readonly Proof[];
}

export const exposedHosts = stackRule<Config>({
    name: "access-exposed-hosts",
    area: "access",
    title: "Every exposed host requires a JWT, a client certificate or an external authorizer",
    severity: "critical",
    why: "a RequestAuthentication alone allows requests without a token, and a public gateway receives requests from the whole Internet",
    remediation:
        "Create a RequestAuthentication at the gateway, and ALLOW rules for the host with requestPrincipals. A server of mode MUTUAL, or a CUSTOM policy that sends all requests of the host to an authorizer, is accepted too. List hosts without tokens as public.",
    appliesTo: [
        "networking.istio.io/Gateway",
        KUBERNETES_GATEWAY,
        ...LISTENER_SETS,
        INGRESS,
        AUTHORIZATION,
        "security.istio.io/RequestAuthentication",
        ...POD_MAKERS,
    ],
    defaults: { public: [], publicPaths: [], proofs: PROOFS, claims: [], issuers: [], networks: [] },
    schema: {
        public: exceptionList("hosts that require no token", { host: { type: "string" } }),
        publicPaths: exceptionList(
            "operations of a host that require no token, such as a load balancer's health check",
            {
                host: { type: "string" },
                methods: { type: "array", minItems: 1, items: { type: "string", pattern: "^[A-Z]+$" } },
                paths: { type: "array", minItems: 1, items: { type: "string", pattern: "^/[^*{}]*$" } },
            },
        ),
        proofs: {
            type: "array",
            items: { enum: PROOFS },
            description:
                "accepted alternatives to tokens: client certificates (MUTUAL), an external authorizer (CUSTOM)",
        },
        claims: {
            type: "array",
            description: "claims that a token must have for a host, for some methods or all",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "claim"],
                properties: {
                    host: { type: "string" },
                    methods: { type: "array", items: { type: "string" } },
                    claim: { type: "string" },
                },
            },
        },
        issuers: {
            type: "array",
            description:
                "the issuer whose tokens a host accepts; for a host without an entry, every issuer of its gateway",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "issuer"],
                properties: { host: { type: "string" }, issuer: { type: "string" } },
            },
        },
        networks: {
            type: "array",
            items: { type: "string" },
            description: "hosts that are restricted to listed networks",
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: gateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop/api.example.com]
      tls: { mode: SIMPLE, credentialName: edge, minProtocolVersion: TLSV1_2 }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: edge }
spec: { selector: { matchLabels: { istio: gateway } }, jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwks: "{}" }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: api, namespace: edge }
spec: { selector: { matchLabels: { istio: gateway } }, rules: [{ to: [{ operation: { hosts: [api.example.com], ports: ["443"], methods: [GET], paths: [/v1/*] } }] }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: gateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop/api.example.com]
      tls: { mode: SIMPLE, credentialName: edge, minProtocolVersion: TLSV1_2 }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: edge }
spec: { selector: { matchLabels: { istio: gateway } }, jwtRules: [{ issuer: https://login.example.com, audiences: [shop], jwks: "{}" }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: api, namespace: edge }
spec:
  selector: { matchLabels: { istio: gateway } }
  rules:
    - from: [{ source: { requestPrincipals: [https://login.example.com/*] } }]
      to: [{ operation: { hosts: [api.example.com], ports: ["443"], methods: [GET], paths: [/v1/*] } }]
`,
    },
    *evaluateStack(stack, config) {
        for (const exposure of exposures(stack)) {
            yield* guarded(exposure.gateway, () => evaluateExposure(stack, exposure, config));
        }
    },
});

function* evaluateExposure(stack: StackResources, exposure: ExposedHost, config: Config): Violations {
    const { gateway, host, port, protocol } = exposure;
    if (exposure.meshClientsOnly) return;
    if (protocol === "redirect") {
        if (speaksProxyProtocol(stack, gateway)) yield* evaluateRedirect(stack, exposure);
        return;
    }
    const publicEntries = config.public.filter((entry) => entry.host.toLowerCase() === host.toLowerCase());
    const isAuthenticated = protocol === "http" && isProven(stack, exposure, config.proofs);
    if (protocol === "http" && !anyInForce(publicEntries) && !isAuthenticated) {
        yield* guarded(gateway, function* () {
            if (hasPolicyAt(stack, gateway, "security.istio.io/RequestAuthentication", hasJwtRules)) return;
            yield {
                subject: gateway,
                problem: `${host} is exposed on port ${port} without a RequestAuthentication at its gateway${expiryNote(publicEntries)}`,
                fix: `create one in the namespace of the gateway's pods that selects them, with the issuer of ${host}'s tokens. If the host is public, list it as public for this policy.`,
            };
        });
        yield* guarded(gateway, function* () {
            if (hasPolicyAt(stack, gateway, AUTHORIZATION, (policy) => allowsAt(policy, exposure))) return;
            yield {
                subject: gateway,
                problem: `${host} is exposed on port ${port}, and no ALLOW at its gateway requires a token${expiryNote(publicEntries)}`,
                fix: `create an ALLOW in the namespace of the gateway's pods for the host ${host} with requestPrincipals.`,
            };
        });
    }
    const behindProxy = speaksProxyProtocol(stack, gateway);
    for (const grant of grantsAt(stack, exposure)) {
        const isPublic =
            anyInForce(publicEntries) ||
            isAuthenticated ||
            anyInForce(coveringEntries(config.publicPaths, host, grant.operation));
        yield* evaluateGrant(exposure, grant, config, { isPublic, behindProxy });
    }
}

/** Entries that cover every method and every path of an operation. */
function coveringEntries(
    entries: readonly PublicPaths[],
    host: string,
    operation: Fields,
): readonly PublicPaths[] {
    const [methods, paths] = [texts(operation["methods"]), texts(operation["paths"])];
    return entries.filter(
        (entry) =>
            entry.host.toLowerCase() === host.toLowerCase() &&
            methods.length > 0 &&
            methods.every((method) => entry.methods.includes(method)) &&
            paths.length > 0 &&
            paths.every((path) => entry.paths.includes(path)),
    );
}

function hasJwtRules({ spec }: Subject): boolean {
    return list(spec["jwtRules"]).length > 0;
}

function allowsAt(policy: Subject, exposure: ExposedHost): boolean {
    return (
        actionOf(policy) === "ALLOW" &&
        grantsOf(policy, exposure).some(({ rule }) =>
            rule.sources.some(({ fields }) => requiresToken(fields)),
        )
    );
}

/**
 * With the PROXY protocol, the client states the destination port, so that a rule for the redirect port would
 * also allow the host itself.
 */
function* evaluateRedirect(stack: StackResources, exposure: ExposedHost): Iterable<Violation> {
    for (const { policy: subject, rule } of grantsAt(stack, exposure)) {
        const isPlain = rule.conditions.some(
            ({ key, notValues }) => key === "connection.sni" && notValues.includes("*"),
        );
        if (alwaysRequiresToken(rule) || isPlain) continue;
        yield {
            subject,
            problem:
                `${rule.path} allows requests to ${exposure.host} without a token, restricted only by port ${exposure.port}, ` +
                "and this gateway accepts the PROXY protocol, in which the client states the destination port",
            fix: 'add the condition { key: connection.sni, notValues: ["*"] }, which restricts the rule to plain HTTP, and so to the redirect.',
        };
    }
}
