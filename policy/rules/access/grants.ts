/** Requirements for clients of an exposed host. */
import { alwaysRequiresToken, type AuthorizationRule } from "../../core/authorization";
import { type ExposedHost, type AllowedOperation } from "../../core/exposure";
import { tooWide } from "../../core/networks";
import { isPattern, matches } from "../../core/patterns";
import { type Fields, texts } from "../../core/read";
import { type Violation } from "../../core/rule";

export interface HostRequirements {
    readonly claims: readonly RequiredClaim[];
    readonly issuers: readonly HostIssuer[];
    /** Hosts that are restricted to listed networks. */
    readonly networks: readonly string[];
}

interface RequiredClaim {
    readonly host: string;
    /** Any method if absent. */
    readonly methods?: readonly string[];
    readonly claim: string;
}

interface HostIssuer {
    readonly host: string;
    readonly issuer: string;
}

interface ExposureContext {
    /** Whether the host requires no token. */
    readonly isPublic: boolean;
    /** Whether its gateway accepts the PROXY protocol. */
    readonly behindProxy: boolean;
}

export function* evaluateGrant(
    { host, protocol }: ExposedHost,
    { policy: subject, rule, operation }: AllowedOperation,
    { claims, issuers, networks }: HostRequirements,
    { isPublic, behindProxy }: ExposureContext,
): Iterable<Violation> {
    const methods = texts(operation["methods"]);
    if (isPreflight(rule, methods)) return;
    const isHere = (entry: { readonly host: string }): boolean =>
        entry.host.toLowerCase() === host.toLowerCase();
    const place = `${rule.path} allows requests to ${host}`;
    if (protocol === "http" && !isPublic && !alwaysRequiresToken(rule)) {
        yield {
            subject,
            problem: `${place} without a token`,
            fix: "add requestPrincipals to each source of the rule, or list the host as public for this policy.",
        };
    }
    for (const required of claims.filter(isHere)) {
        if (!allowsOneOf(required.methods, methods) || requiresClaim(rule, required.claim)) continue;
        yield {
            subject,
            problem: `${place} without checking the claim ${required.claim}`,
            fix: `add a condition on request.auth.claims[${required.claim}] with the allowed values, without wildcards.`,
        };
    }
    const trusted = issuers.filter(isHere).map(({ issuer }) => issuer);
    const other = rule.sources
        .flatMap(({ fields }) => texts(fields["requestPrincipals"]))
        .find((principal) => !trusted.some((issuer) => principal.startsWith(`${issuer}/`)));
    if (trusted.length > 0 && other !== undefined) {
        yield {
            subject,
            problem: `${place} with the token ${JSON.stringify(other)}, and only ${trusted.join(" and ")} issues tokens for this host`,
            fix: `use ${trusted.map((issuer) => `${issuer}/*`).join(" or ")} in requestPrincipals.`,
        };
    }
    const open =
        rule.sources.length === 0 || rule.sources.some(({ fields }) => !fromNetworks(fields, behindProxy));
    if (!networks.some((listed) => isHere({ host: listed })) || !open) return;
    yield {
        subject,
        problem: `${place} from any network`,
        fix: `add ${behindProxy ? "" : "ipBlocks or "}remoteIpBlocks with the allowed networks to each source of the rule.`,
    };
}

/** Whether a rule for `methods`, or for all methods if it lists none, allows a method that has requirements. */
function allowsOneOf(required: readonly string[] | undefined, methods: readonly string[]): boolean {
    return (
        required === undefined ||
        methods.length === 0 ||
        required.some((method) => methods.some((pattern) => matches(pattern, method)))
    );
}

/** A value with a wildcard also matches values that are not known yet. */
function requiresClaim({ conditions }: AuthorizationRule, claim: string): boolean {
    return conditions.some(
        ({ key, values }) =>
            key === `request.auth.claims[${claim}]` && values.length > 0 && !values.some(isPattern),
    );
}

/**
 * With the PROXY protocol, the peer of the connection is the load balancer, and only remoteIpBlocks match the
 * client.
 */
function fromNetworks(source: Fields, behindProxy: boolean): boolean {
    const remote = texts(source["remoteIpBlocks"]);
    const blocks = behindProxy ? remote : [...texts(source["ipBlocks"]), ...remote];
    return blocks.length > 0 && tooWide(blocks).length === 0;
}

/**
 * A CORS preflight request of a browser carries no token. The rule is for OPTIONS only, and requires an exact
 * origin and the header that names the method.
 */
function isPreflight({ conditions }: AuthorizationRule, methods: readonly string[]): boolean {
    const valuesOf = (key: string): readonly string[] =>
        conditions.find((condition) => condition.key === key)?.values ?? [];
    const origins = valuesOf("request.headers[origin]");
    return (
        methods.length === 1 &&
        methods[0] === "OPTIONS" &&
        valuesOf("request.headers[access-control-request-method]").length > 0 &&
        origins.length > 0 &&
        !origins.some(isPattern)
    );
}
