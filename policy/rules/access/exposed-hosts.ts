import { actionOf, alwaysAsksForToken, asksForToken, AUTHORIZATION } from "../../core/authorization";
import { ended, EXCEPTION_FIELDS, holds } from "../../core/exceptions";
import { type Exposure, exposures, grantsAt, grantsOf } from "../../core/exposure";
import { hasPolicyAt } from "../../core/gateway-proxies";
import { INGRESS, KUBERNETES_GATEWAY, LISTENER_SETS } from "../../core/listeners";
import { POD_MAKERS } from "../../core/pods";
import { speaksProxyProtocol } from "../../core/proxy-protocol";
import { type Fields, list, texts } from "../../core/read";
import { type Finding, type Findings, guarded, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";
import { type Demands, judgeGrant } from "./grants";
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

interface Config extends Demands {
    readonly public: readonly PublicHost[];
    readonly publicPaths: readonly PublicPaths[];
    readonly proofs: readonly Proof[];
}

export const exposedHosts = stackRule<Config>({
    name: "access-exposed-hosts",
    area: "access",
    title: "Every exposed host asks its clients for a token, a certificate or a session of an external authorizer",
    severity: "critical",
    why: "a RequestAuthentication alone lets requests without a token pass; what a gateway takes comes from the whole Internet",
    remedy: "At the gateway, have a RequestAuthentication, and ALLOW rules for the host with requestPrincipals. A server of mode MUTUAL, or a CUSTOM policy that sends all requests of the host to an authorizer, counts as well. List hosts that need no token as public.",
    judges: [
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
        public: {
            type: "array",
            description: "hosts that ask for no token of ours",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "reason", "until"],
                properties: { host: { type: "string" }, ...EXCEPTION_FIELDS },
            },
        },
        publicPaths: {
            type: "array",
            description: "operations of a host that ask for no token, such as a load balancer's health check",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host", "methods", "paths", "reason", "until"],
                properties: {
                    host: { type: "string" },
                    methods: { type: "array", minItems: 1, items: { type: "string", pattern: "^[A-Z]+$" } },
                    paths: { type: "array", minItems: 1, items: { type: "string", pattern: "^/[^*{}]*$" } },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
        proofs: {
            type: "array",
            items: { enum: PROOFS },
            description:
                "what counts besides tokens: client certificates (MUTUAL), an external authorizer (CUSTOM)",
        },
        claims: {
            type: "array",
            description: "what a token must say at a host, for some methods or all",
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
                "whose tokens count at a host; anyone's whom its gateway knows where a host is not listed",
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
            description: "hosts that are for listed networks alone",
        },
    },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, config) {
        for (const exposure of exposures(world)) {
            yield* guarded(exposure.gateway, () => judgeExposure(world, exposure, config));
        }
    },
});

function* judgeExposure(world: World, exposure: Exposure, config: Config): Findings {
    const { gateway, host, port, protocol } = exposure;
    if (exposure.mutual) return;
    if (protocol === "redirect") {
        if (speaksProxyProtocol(world, gateway)) yield* judgeRedirect(world, exposure);
        return;
    }
    const free = config.public.filter((entry) => entry.host.toLowerCase() === host.toLowerCase());
    const proven = protocol === "http" && isProven(world, exposure, config.proofs);
    if (protocol === "http" && !holds(free) && !proven) {
        yield* guarded(gateway, function* () {
            if (hasPolicyAt(world, gateway, "security.istio.io/RequestAuthentication", knowsTokens)) return;
            yield {
                subject: gateway,
                wrong: `${host} is exposed at port ${port} without a RequestAuthentication at its gateway${ended(free)}`,
                fix: `create one in the namespace of the gateway's pods that selects them, with the issuer of ${host}'s tokens; or list the host as public for this policy.`,
            };
        });
        yield* guarded(gateway, function* () {
            if (hasPolicyAt(world, gateway, AUTHORIZATION, (policy) => allowsAt(policy, exposure))) return;
            yield {
                subject: gateway,
                wrong: `${host} is exposed at port ${port}, and no ALLOW at its gateway asks for a token${ended(free)}`,
                fix: `create an ALLOW in the namespace of the gateway's pods for the host ${host} whose source names requestPrincipals.`,
            };
        });
    }
    const behindProxy = speaksProxyProtocol(world, gateway);
    for (const grant of grantsAt(world, exposure)) {
        const isPublic = holds(free) || proven || holds(listedFor(config.publicPaths, host, grant.operation));
        yield* judgeGrant(exposure, grant, config, { isPublic, behindProxy });
    }
}

/** Entries that list every method and every path of an operation. */
function listedFor(entries: readonly PublicPaths[], host: string, operation: Fields): readonly PublicPaths[] {
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

function knowsTokens({ spec }: Subject): boolean {
    return list(spec["jwtRules"]).length > 0;
}

function allowsAt(policy: Subject, exposure: Exposure): boolean {
    return (
        actionOf(policy) === "ALLOW" &&
        grantsOf(policy, exposure).some(({ rule }) => rule.sources.some(({ fields }) => asksForToken(fields)))
    );
}

/** Behind the PROXY protocol the port of a rule is what the client claims: a rule for a redirect would open the host itself. */
function* judgeRedirect(world: World, exposure: Exposure): Iterable<Finding> {
    for (const { policy: subject, rule } of grantsAt(world, exposure)) {
        const isPlain = rule.conditions.some(
            ({ key, notValues }) => key === "connection.sni" && notValues.includes("*"),
        );
        if (alwaysAsksForToken(rule) || isPlain) continue;
        yield {
            subject,
            wrong:
                `${rule.path} lets requests to ${exposure.host} in without a token by port ${exposure.port} alone, ` +
                "and this gateway takes the PROXY protocol, in which the client says which port it came to",
            fix: 'add the condition { key: connection.sni, notValues: ["*"] }: no TLS, and so nothing but the redirect.',
        };
    }
}
