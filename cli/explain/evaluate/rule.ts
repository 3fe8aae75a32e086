/** Whether one rule of an AuthorizationPolicy matches. Three answers: what a token says is not known here. */
import type { Of } from "../world/world";
import { matchesHost, matchesPath, matchesString } from "./match";
import type { HttpRequest } from "./model";

export type Rule = NonNullable<Of<"AuthorizationPolicy">["spec"]["rules"]>[number];
type Source = NonNullable<NonNullable<Rule["from"]>[number]["source"]>;
type Operation = NonNullable<NonNullable<Rule["to"]>[number]["operation"]>;
type Condition = NonNullable<Rule["when"]>[number];

/** A request or connection as the proxy of its callee sees it. */
export interface Arrival {
    /** Undefined if mutual TLS did not identify the caller. */
    readonly principal: string | undefined;
    /** Of the pod. */
    readonly port: number;
    /** Undefined on a port on which the proxy sees connections only. */
    readonly http?: HttpRequest & { readonly host: string };
    /** The name in the TLS greeting, where it is known. */
    readonly sni?: string;
}

/** `depends`: on `conditions`, of which the request does not tell. */
export interface Match {
    readonly matches: boolean | "depends";
    readonly conditions: readonly string[];
}

const YES: Match = { matches: true, conditions: [] };
const NO: Match = { matches: false, conditions: [] };

/** Where a rule stands. */
export interface Home {
    readonly trustDomain: string;
    /** Of its policy: service accounts without a namespace are of this one. */
    readonly namespace: string | undefined;
}

/** How fields that read requests count where there are none: never for ALLOW, as if they were not there for DENY. */
export type WithoutHttp = "never" | "ignored";

export function matchRule(rule: Rule, arrival: Arrival, home: Home, tcp: WithoutHttp): Match {
    const from = (rule.from ?? []).map(({ source = {} }) => matchSource(source, arrival, home, tcp));
    const to = (rule.to ?? []).map(({ operation = {} }) => matchOperation(operation, arrival, tcp));
    return all([
        from.length === 0 ? YES : any(from),
        to.length === 0 ? YES : any(to),
        ...(rule.when ?? []).map((condition) => matchCondition(condition, arrival, home, tcp)),
    ]);
}

/** Whether the rule's `from` alone matches: it knows the caller, whatever it asks. */
export function knowsCaller(rule: Rule, arrival: Arrival, home: Home): boolean {
    const from = rule.from ?? [];
    return from.some(({ source = {} }) => matchSource(source, arrival, home, "never").matches !== false);
}

function matchSource(source: Source, arrival: Arrival, home: Home, tcp: WithoutHttp): Match {
    const { principal } = arrival;
    const [, trustDomain, namespace, account] = /^(.+)\/ns\/([^/]+)\/sa\/(.+)$/.exec(principal ?? "") ?? [];
    const isPrincipal = (pattern: string, value: string) =>
        matchesString(pattern, value) ||
        // Istio reads cluster.local as the mesh's own trust domain, whatever that is called.
        matchesString(pattern.replace(/^cluster\.local\//, `${home.trustDomain}/`), value);
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
                (pattern.includes("/") ? pattern : `${home.namespace ?? ""}/${pattern}`) === value,
        ),
        unknown("the address", source.ipBlocks, source.notIpBlocks),
        unknown("the client's address", source.remoteIpBlocks, source.notRemoteIpBlocks),
        overHttp(
            unknown("the token's issuer/subject", source.requestPrincipals, source.notRequestPrincipals),
            isSet(source.requestPrincipals, source.notRequestPrincipals),
            arrival,
            tcp,
        ),
    ]);
}

function matchOperation(operation: Operation, arrival: Arrival, tcp: WithoutHttp): Match {
    const { http, port } = arrival;
    const { methods, notMethods, paths, notPaths, hosts, notHosts } = operation;
    return all([
        field("port", operation.ports, operation.notPorts, String(port), matchesString),
        ...[
            { values: methods, not: notMethods, value: http?.method, equal: matchesString, name: "method" },
            { values: paths, not: notPaths, value: http?.path, equal: matchesPath, name: "path" },
            { values: hosts, not: notHosts, value: http?.host, equal: matchesHost, name: "host" },
        ].map(({ name, values, not, value, equal }) =>
            overHttp(field(name, values, not, value, equal), isSet(values, not), arrival, tcp),
        ),
    ]);
}

function matchCondition(
    { key, values, notValues }: Condition,
    arrival: Arrival,
    home: Home,
    tcp: WithoutHttp,
): Match {
    const { principal, port, http, sni } = arrival;
    const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
    if (key === "source.principal")
        return matchSource(lists("principals", "notPrincipals", values, notValues), arrival, home, tcp);
    if (key === "source.namespace")
        return matchSource(lists("namespaces", "notNamespaces", values, notValues), arrival, home, tcp);
    if (key === "destination.port") return field(key, values, notValues, String(port), matchesString);
    if (key === "connection.sni" && (sni !== undefined || principal !== undefined))
        return field(key, values, notValues, sni, matchesString);
    if (header !== undefined) {
        const value = http?.headers[header.toLowerCase()];
        return overHttp(field(key, values, notValues, value, matchesHeader), true, arrival, tcp);
    }
    return overHttp(
        field(key, values, notValues, "unknown", matchesString, true),
        key.startsWith("request."),
        arrival,
        tcp,
    );
}

/** Of a header `*` asks whether it is there: an empty one is. */
function matchesHeader(pattern: string, value: string): boolean {
    return pattern === "*" || matchesString(pattern, value);
}

function lists(yes: keyof Source, no: keyof Source, values?: string[], notValues?: string[]): Source {
    return { ...(values === undefined ? {} : { [yes]: values }), ...(notValues ? { [no]: notValues } : {}) };
}

function isSet(...all: (readonly string[] | undefined)[]): boolean {
    return all.some((list) => list !== undefined && list.length > 0);
}

function overHttp(match: Match, isUsed: boolean, { http }: Arrival, tcp: WithoutHttp): Match {
    if (http !== undefined || !isUsed) return match;
    return tcp === "never" ? NO : YES;
}

const UNKNOWN_FIELDS = ["the address", "the client's address", "the token's issuer/subject"];

/** One field with its `not` counterpart. Lists that are not there, or empty, say nothing. */
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
                conditions: [`${name} is ${expected ? "one" : "none"} of ${list.join(", ")}`],
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
