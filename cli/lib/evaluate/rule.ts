/** Whether a rule of an AuthorizationPolicy matches. Three-valued, because a token's claims are unknown. */
import type { ManifestOf } from "../snapshot/snapshot";
import { matchesHost, matchesPath, matchesString } from "./match";
import type { HttpRequest } from "./model";

export type Rule = NonNullable<ManifestOf<"AuthorizationPolicy">["spec"]["rules"]>[number];
type Source = NonNullable<NonNullable<Rule["from"]>[number]["source"]>;
type Operation = NonNullable<NonNullable<Rule["to"]>[number]["operation"]>;
type Condition = NonNullable<Rule["when"]>[number];

/** A request or connection as the callee's proxy sees it. */
export interface InboundRequest {
    /** Undefined if the caller was not authenticated by mutual TLS. */
    readonly principal: string | undefined;
    /** The pod's port. */
    readonly port: number;
    /** Undefined on TCP ports. */
    readonly http?: HttpRequest & { readonly host: string };
    /** The SNI, if known. */
    readonly sni?: string;
}

/** `depends`: on `conditions`, which the request does not determine. */
export interface Match {
    readonly matches: boolean | "depends";
    readonly conditions: readonly string[];
}

const YES: Match = { matches: true, conditions: [] };
const NO: Match = { matches: false, conditions: [] };

/** The context of a rule's policy. */
export interface PolicyContext {
    readonly trustDomain: string;
    /** The policy's namespace: service accounts without a namespace are in it. */
    readonly namespace: string | undefined;
}

/** How HTTP fields match TCP traffic: never in ALLOW policies; ignored in DENY policies. */
export type WithoutHttp = "never" | "ignored";

export function matchRule(
    rule: Rule,
    inbound: InboundRequest,
    policy: PolicyContext,
    tcp: WithoutHttp,
): Match {
    const from = (rule.from ?? []).map(({ source = {} }) => matchSource(source, inbound, policy, tcp));
    const to = (rule.to ?? []).map(({ operation = {} }) => matchOperation(operation, inbound, tcp));
    return all([
        from.length === 0 ? YES : any(from),
        to.length === 0 ? YES : any(to),
        ...(rule.when ?? []).map((condition) => matchCondition(condition, inbound, policy, tcp)),
    ]);
}

/** Whether the rule's `from` matches the caller, regardless of the request. */
export function matchesCaller(rule: Rule, inbound: InboundRequest, policy: PolicyContext): boolean {
    const from = rule.from ?? [];
    return from.some(({ source = {} }) => matchSource(source, inbound, policy, "never").matches !== false);
}

function matchSource(
    source: Source,
    inbound: InboundRequest,
    policy: PolicyContext,
    tcp: WithoutHttp,
): Match {
    const { principal } = inbound;
    const [, trustDomain, namespace, account] = /^(.+)\/ns\/([^/]+)\/sa\/(.+)$/.exec(principal ?? "") ?? [];
    const isPrincipal = (pattern: string, value: string) =>
        matchesString(pattern, value) ||
        // Istio treats cluster.local as an alias of the mesh's trust domain.
        matchesString(pattern.replace(/^cluster\.local\//, `${policy.trustDomain}/`), value);
    const unknown = (name: string, values?: readonly string[], not?: readonly string[]) =>
        field(name, values, not, "unknown", matchesString);
    return all([
        field("principal", source.principals, source.notPrincipals, principal, isPrincipal),
        field("namespace", source.namespaces, source.notNamespaces, namespace, matchesString),
        field("trust domain", source.trustDomains, source.notTrustDomains, trustDomain, matchesString),
        field(
            "service account",
            source.serviceAccounts,
            source.notServiceAccounts,
            account === undefined ? undefined : `${namespace ?? ""}/${account}`,
            (pattern, value) =>
                (pattern.includes("/") ? pattern : `${policy.namespace ?? ""}/${pattern}`) === value,
        ),
        unknown("the address", source.ipBlocks, source.notIpBlocks),
        unknown("the client's address", source.remoteIpBlocks, source.notRemoteIpBlocks),
        overHttp(
            unknown("the token's issuer/subject", source.requestPrincipals, source.notRequestPrincipals),
            isSet(source.requestPrincipals, source.notRequestPrincipals),
            inbound,
            tcp,
        ),
    ]);
}

function matchOperation(operation: Operation, inbound: InboundRequest, tcp: WithoutHttp): Match {
    const { http, port } = inbound;
    const { methods, notMethods, paths, notPaths, hosts, notHosts } = operation;
    return all([
        field("port", operation.ports, operation.notPorts, String(port), matchesString),
        ...[
            { values: methods, not: notMethods, value: http?.method, equal: matchesString, name: "method" },
            { values: paths, not: notPaths, value: http?.path, equal: matchesPath, name: "path" },
            { values: hosts, not: notHosts, value: http?.host, equal: matchesHost, name: "host" },
        ].map(({ name, values, not, value, equal }) =>
            overHttp(field(name, values, not, value, equal), isSet(values, not), inbound, tcp),
        ),
    ]);
}

function matchCondition(
    { key, values, notValues }: Condition,
    inbound: InboundRequest,
    policy: PolicyContext,
    tcp: WithoutHttp,
): Match {
    const { principal, port, http, sni } = inbound;
    const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
    if (key === "source.principal")
        return matchSource(lists("principals", "notPrincipals", values, notValues), inbound, policy, tcp);
    if (key === "source.namespace")
        return matchSource(lists("namespaces", "notNamespaces", values, notValues), inbound, policy, tcp);
    if (key === "destination.port") return field(key, values, notValues, String(port), matchesString);
    if (key === "connection.sni" && (sni !== undefined || principal !== undefined))
        return field(key, values, notValues, sni, matchesString);
    if (header !== undefined) {
        const value = http?.headers[header.toLowerCase()];
        return overHttp(field(key, values, notValues, value, matchesHeader), true, inbound, tcp);
    }
    return overHttp(
        field(key, values, notValues, "unknown", matchesString, true),
        key.startsWith("request."),
        inbound,
        tcp,
    );
}

/** For headers, `*` tests presence, so an empty header matches. */
function matchesHeader(pattern: string, value: string): boolean {
    return pattern === "*" || matchesString(pattern, value);
}

function lists(yes: keyof Source, no: keyof Source, values?: string[], notValues?: string[]): Source {
    return { ...(values === undefined ? {} : { [yes]: values }), ...(notValues ? { [no]: notValues } : {}) };
}

function isSet(...all: (readonly string[] | undefined)[]): boolean {
    return all.some((list) => list !== undefined && list.length > 0);
}

function overHttp(match: Match, isUsed: boolean, { http }: InboundRequest, tcp: WithoutHttp): Match {
    if (http !== undefined || !isUsed) return match;
    return tcp === "never" ? NO : YES;
}

const UNKNOWN_FIELDS = ["the address", "the client's address", "the token's issuer/subject"];

/** A field and its `not` counterpart. Absent and empty lists always match. */
function field(
    name: string,
    values: readonly string[] | undefined,
    not: readonly string[] | undefined,
    value: string | undefined,
    equal: (pattern: string, value: string) => boolean,
    isUnknown = UNKNOWN_FIELDS.includes(name),
): Match {
    const isListed = (list: readonly string[]) =>
        value !== undefined && list.some((pattern) => equal(pattern, value));
    const one = (list: readonly string[] | undefined, expected: boolean): Match => {
        if (list === undefined || list.length === 0) return YES;
        if (isUnknown) {
            return {
                matches: "depends",
                conditions: [`${name} is ${expected ? "one" : "not one"} of ${list.join(", ")}`],
            };
        }
        return isListed(list) === expected ? YES : NO;
    };
    return all([one(values, true), one(not, false)]);
}

function all(matches: readonly Match[]): Match {
    if (matches.some((one) => one.matches === false)) return NO;
    const open = matches.filter((one) => one.matches === "depends");
    return open.length === 0
        ? YES
        : { matches: "depends", conditions: [open.flatMap(({ conditions }) => conditions).join(" and ")] };
}

function any(matches: readonly Match[]): Match {
    if (matches.some((one) => one.matches === true)) return YES;
    const open = matches.filter((one) => one.matches === "depends");
    return open.length === 0
        ? NO
        : {
              matches: "depends",
              conditions: [[...new Set(open.flatMap(({ conditions }) => conditions))].join(", or ")],
          };
}
