/** What each way in to an exposed host must ask of its clients. */
import { alwaysAsksForToken, type AuthorizationRule } from "../../core/authorization";
import { type Exposure, type Grant } from "../../core/exposure";
import { matches } from "../../core/matching";
import { tooWide } from "../../core/networks";
import { isPattern } from "../../core/patterns";
import { type Fields, texts } from "../../core/read";
import { type Finding } from "../../core/rule";

export interface Demands {
    readonly claims: readonly RequiredClaim[];
    readonly issuers: readonly HostIssuer[];
    /** Hosts that are for listed networks alone. */
    readonly networks: readonly string[];
}

interface RequiredClaim {
    readonly host: string;
    /** Any method where absent. */
    readonly methods?: readonly string[];
    readonly claim: string;
}

interface HostIssuer {
    readonly host: string;
    readonly issuer: string;
}

interface Circumstances {
    /** Whether the host asks for no token. */
    readonly isPublic: boolean;
    /** Whether its gateway takes the PROXY protocol. */
    readonly behindProxy: boolean;
}

export function* judgeGrant(
    { host, protocol }: Exposure,
    { policy: subject, rule, operation }: Grant,
    { claims, issuers, networks }: Demands,
    { isPublic, behindProxy }: Circumstances,
): Iterable<Finding> {
    const methods = texts(operation["methods"]);
    if (isPreflight(rule, methods)) return;
    const isHere = (entry: { readonly host: string }): boolean =>
        entry.host.toLowerCase() === host.toLowerCase();
    const place = `${rule.path} lets requests to ${host} in`;
    if (protocol === "http" && !isPublic && !alwaysAsksForToken(rule)) {
        yield {
            subject,
            wrong: `${place} without a token`,
            fix: "add requestPrincipals to each source of the rule, or list the host as public for this policy.",
        };
    }
    for (const required of claims.filter(isHere)) {
        if (!isForOneOf(required.methods, methods) || asksForClaim(rule, required.claim)) continue;
        yield {
            subject,
            wrong: `${place} whatever the token says in ${required.claim}`,
            fix: `add a condition on request.auth.claims[${required.claim}] with the values that may pass, each in full.`,
        };
    }
    const trusted = issuers.filter(isHere).map(({ issuer }) => issuer);
    const other = rule.sources
        .flatMap(({ fields }) => texts(fields["requestPrincipals"]))
        .find((principal) => !trusted.some((issuer) => principal.startsWith(`${issuer}/`)));
    if (trusted.length > 0 && other !== undefined) {
        yield {
            subject,
            wrong: `${place} with the token ${JSON.stringify(other)}, and ${trusted.join(" and ")} alone issues tokens for it`,
            fix: `write ${trusted.map((issuer) => `${issuer}/*`).join(" or ")} in requestPrincipals.`,
        };
    }
    const open =
        rule.sources.length === 0 || rule.sources.some(({ fields }) => !fromNetworks(fields, behindProxy));
    if (!networks.some((listed) => isHere({ host: listed })) || !open) return;
    yield {
        subject,
        wrong: `${place} from any network`,
        fix: `add ${behindProxy ? "" : "ipBlocks or "}remoteIpBlocks with the networks that are meant to each source of the rule.`,
    };
}

/** Whether a rule for `methods`, or for all where it names none, lets in one for which something is required. */
function isForOneOf(required: readonly string[] | undefined, methods: readonly string[]): boolean {
    return (
        required === undefined ||
        methods.length === 0 ||
        required.some((method) => methods.some((pattern) => matches(pattern, method)))
    );
}

/** A value with a wildcard fits what nobody has thought of. */
function asksForClaim({ conditions }: AuthorizationRule, claim: string): boolean {
    return conditions.some(
        ({ key, values }) =>
            key === `request.auth.claims[${claim}]` && values.length > 0 && !values.some(isPattern),
    );
}

/** Behind the PROXY protocol the connection is the load balancer's: who came stands in remoteIpBlocks alone. */
function fromNetworks(source: Fields, behindProxy: boolean): boolean {
    const remote = texts(source["remoteIpBlocks"]);
    const blocks = behindProxy ? remote : [...texts(source["ipBlocks"]), ...remote];
    return blocks.length > 0 && tooWide(blocks).length === 0;
}

/**
 * A browser's question before a request carries no token, and no more than the two headers: it comes from an origin that
 * is written in full, and says a method.
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
