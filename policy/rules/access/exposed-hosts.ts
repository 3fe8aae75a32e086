import {
    actionOf,
    alwaysAsksForToken,
    asksForToken,
    AUTHORIZATION,
    rulesOf,
    selectorOf,
} from "../../core/authorization";
import { EXCEPTION_FIELDS, holds, ended } from "../../core/exceptions";
import { type Exposure, exposures, grantsAt } from "../../core/exposure";
import { PROXY_CONFIG_HOLDERS, speaksProxyProtocol } from "../../core/proxy-protocol";
import { labelsAt, list, texts } from "../../core/read";
import { type Finding, type Findings, guarded, stackRule } from "../../core/rule";
import { type World } from "../../core/world";

interface PublicHost {
    readonly host: string;
    readonly reason: string;
    readonly until: string;
}

interface RequiredClaim {
    readonly host: string;
    /** Any method where absent. */
    readonly methods?: readonly string[];
    readonly claim: string;
}

interface Config {
    readonly public: readonly PublicHost[];
    readonly claims: readonly RequiredClaim[];
    /** Hosts that are for listed networks alone. */
    readonly networks: readonly string[];
}

export const exposedHosts = stackRule<Config>({
    name: "access-exposed-hosts",
    area: "access",
    title: "Every exposed host stands behind a RequestAuthentication and an ALLOW that asks for its token",
    severity: "critical",
    why: "a RequestAuthentication alone lets requests without a token pass; what a gateway takes comes from the whole Internet",
    remedy: "At the gateway, have a RequestAuthentication, and ALLOW rules for the host with requestPrincipals. List hosts that need no token as public.",
    judges: [
        "networking.istio.io/Gateway",
        AUTHORIZATION,
        "security.istio.io/RequestAuthentication",
        ...PROXY_CONFIG_HOLDERS,
    ],
    defaults: { public: [], claims: [], networks: [] },
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
    const { gateway, host, protocol } = exposure;
    if (exposure.mutual) return;
    if (protocol === "redirect") {
        if (speaksProxyProtocol(world, gateway)) yield* judgeRedirect(world, exposure);
        return;
    }
    const free = config.public.filter((entry) => entry.host === host);
    if (protocol === "http" && !holds(free)) {
        if (!hasTokens(world, exposure)) {
            yield {
                subject: gateway,
                wrong: `${host} is exposed at port ${exposure.port} without a RequestAuthentication at its gateway${ended(free)}`,
                fix: `create one in ${gateway.namespace} that selects the gateway's pods, with the issuer of ${host}'s tokens; or list the host as public for this policy.`,
            };
        }
        if (!world.within(gateway.namespace, AUTHORIZATION).some((policy) => allowsAt(policy, exposure))) {
            yield {
                subject: gateway,
                wrong: `${host} is exposed at port ${exposure.port}, and no ALLOW at its gateway asks for a token${ended(free)}`,
                fix: `create an ALLOW in ${gateway.namespace} for the host ${host} whose source names requestPrincipals.`,
            };
        }
    }
    yield* judgeGrants(world, exposure, config, holds(free));
}

function hasTokens(world: World, { gateway }: Exposure): boolean {
    const labels = labelsAt(gateway.spec, "selector");
    return world
        .within(gateway.namespace, "security.istio.io/RequestAuthentication")
        .filter(({ spec }) => list(spec["jwtRules"]).length > 0)
        .some((policy) => Object.entries(selectorOf(policy)).every(([key, value]) => labels[key] === value));
}

function allowsAt(policy: Parameters<typeof grantsAt>[0], exposure: Exposure): boolean {
    return (
        actionOf(policy) === "ALLOW" &&
        grantsAt(policy, exposure).some(({ rule }) => rule.sources.some(({ fields }) => asksForToken(fields)))
    );
}

/** Behind the PROXY protocol the port of a rule is what the client claims: a rule for a redirect would open the host itself. */
function* judgeRedirect(world: World, exposure: Exposure): Iterable<Finding> {
    for (const subject of world.within(exposure.gateway.namespace, AUTHORIZATION)) {
        if (actionOf(subject) !== "ALLOW") continue;
        for (const { rule } of grantsAt(subject, exposure)) {
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
}

/** Each way in to this host, by what it asks of the client. */
function* judgeGrants(
    world: World,
    exposure: Exposure,
    { claims, networks }: Config,
    isPublic: boolean,
): Iterable<Finding> {
    const { host, gateway } = exposure;
    for (const subject of world.within(gateway.namespace, AUTHORIZATION)) {
        if (actionOf(subject) !== "ALLOW" || rulesOf(subject).length === 0) continue;
        for (const { rule, operation } of grantsAt(subject, exposure)) {
            const methods = texts(operation["methods"]);
            const place = `${rule.path} lets requests to ${host} in`;
            if (
                isPreflight(
                    rule.conditions.map(({ key }) => key),
                    methods,
                )
            )
                continue;
            if (exposure.protocol === "http" && !isPublic && !alwaysAsksForToken(rule)) {
                yield {
                    subject,
                    wrong: `${place} without a token`,
                    fix: "add requestPrincipals to each source of the rule, or list the host as public for this policy.",
                };
            }
            const missing = claims.filter(
                (required) =>
                    required.host === host &&
                    (required.methods === undefined ||
                        methods.length === 0 ||
                        required.methods.some((method) => methods.includes(method))) &&
                    !rule.conditions.some(
                        ({ key, values }) =>
                            key === `request.auth.claims[${required.claim}]` &&
                            values.length > 0 &&
                            !values.includes("*"),
                    ),
            );
            for (const { claim } of missing) {
                yield {
                    subject,
                    wrong: `${place} whatever the token says in ${claim}`,
                    fix: `add a condition on request.auth.claims[${claim}] with the values that may pass.`,
                };
            }
            const open =
                rule.sources.length === 0 || rule.sources.some(({ fields }) => !fromNetworks(fields));
            if (!networks.includes(host) || !open) continue;
            yield {
                subject,
                wrong: `${place} from any network`,
                fix: "add ipBlocks or remoteIpBlocks to each source of the rule.",
            };
        }
    }
}

function fromNetworks(source: Readonly<Record<string, unknown>>): boolean {
    const blocks = [...texts(source["ipBlocks"]), ...texts(source["remoteIpBlocks"])];
    return blocks.length > 0 && !blocks.some((block) => block.endsWith("/0"));
}

/** A browser's question before a request carries no token, and no more than the two headers. */
function isPreflight(keys: readonly string[], methods: readonly string[]): boolean {
    return (
        methods.length === 1 &&
        methods[0] === "OPTIONS" &&
        keys.includes("request.headers[access-control-request-method]") &&
        keys.includes("request.headers[origin]")
    );
}
