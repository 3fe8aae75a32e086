/** Generates AuthorizationPolicies and requests, with all fields, wildcards and negations that Istio's reference allows. */
import fc from "fast-check";
import type { AuthorizationPolicyManifest } from "../../../components/base/manifest";
import type { TestRequest } from "./envoy-evaluator";

type Spec = AuthorizationPolicyManifest["spec"];
type Rule = NonNullable<Spec["rules"]>[number];
type Source = NonNullable<NonNullable<Rule["from"]>[number]["source"]>;
type Operation = NonNullable<NonNullable<Rule["to"]>[number]["operation"]>;
type Condition = NonNullable<Rule["when"]>[number];

export const PORT = 8080;
const DOMAIN = "cluster.local";
const ACCOUNTS = ["sparc/web", "sparc/web-2", "sparc/auth", "databases/web"] as const;
export const CALLERS = ACCOUNTS.map((account) => {
    const [namespace = "", name = ""] = account.split("/");
    return `${DOMAIN}/ns/${namespace}/sa/${name}`;
});

const METHODS = ["GET", "POST", "HEAD", "DELETE"];
const PATHS = [
    ...["/", "/v1", "/v1/", "/v1/alerts", "/v1/alerts/7", "/v1/alerts/7/notes", "/v1/Alerts", "/v2/alerts"],
    ...["/v1/alerts.json", "/internal/x", "/v1/a,b", "/v1/a*b", "/v1/alerts?x=1", "/v1/alerts/?x=/v2/alerts"],
];
const HOSTS = ["auth.sparc.svc.cluster.local", "auth", "AUTH.sparc", "auth.sparc:8080", "evil.example"];
const HEADER_VALUES = ["a", "ab", "b", "", "A"];

/** String patterns: exact, prefix, suffix, presence. */
const PATTERNS = {
    principals: [...CALLERS, `${DOMAIN}/ns/sparc/*`, "*/sa/web", "*", `${DOMAIN}/ns/sparc/sa/web*`],
    namespaces: ["sparc", "databases", "spar*", "*bases", "*"],
    serviceAccounts: [...ACCOUNTS, "web", "auth"],
    methods: [...METHODS, "*", "P*", "*T"],
    paths: [
        ...["/v1/alerts", "/v1/*", "*/alerts", "*", "/v1/{*}", "/v1/{**}", "/{*}/alerts", "/v1/{*}/notes"],
        ...["/v1/alerts/{**}", "/{**}/notes", "/v1", "/v1/alerts.json", "/v1/a*b"],
    ],
    hosts: ["auth.sparc.svc.cluster.local", "auth*", "*.local", "AUTH.SPARC", "*", "auth.sparc:*"],
    ports: [String(PORT), "9090"],
    headers: ["a", "a*", "*b", "*"],
    // Token conditions: no request here has a token. `explain` does not evaluate claims, but Envoy denies for a missing token.
    requestPrincipals: ["https://issuer.example/*", "*"],
    claims: ["admin"],
    sni: ["outbound_.8080_._.app.sparc.svc.cluster.local", "outbound_*", "other"],
} as const;

function some(values: readonly string[]): fc.Arbitrary<string[]> {
    return fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
}

/** A field and its negation, each present or absent. */
function pair(yes: string, no: string, values: readonly string[]): fc.Arbitrary<Record<string, string[]>> {
    return fc.oneof(
        { weight: 5, arbitrary: fc.constant({}) },
        { weight: 4, arbitrary: some(values).map((list) => ({ [yes]: list })) },
        { weight: 2, arbitrary: some(values).map((list) => ({ [no]: list })) },
        {
            weight: 1,
            arbitrary: fc.tuple(some(values), some(values)).map(([a, b]) => ({ [yes]: a, [no]: b })),
        },
    );
}

function merged(
    ...parts: readonly fc.Arbitrary<Record<string, string[]>>[]
): fc.Arbitrary<Record<string, string[]>> {
    return fc.tuple(...parts).map((all) => Object.assign({}, ...all) as Record<string, string[]>);
}

const notEmpty = (one: object) => Object.keys(one).length > 0;

// Istio rejects serviceAccounts together with principals or namespaces.
const source = fc
    .oneof(
        {
            weight: 4,
            arbitrary: merged(
                pair("principals", "notPrincipals", PATTERNS.principals),
                pair("namespaces", "notNamespaces", PATTERNS.namespaces),
            ),
        },
        { weight: 1, arbitrary: pair("serviceAccounts", "notServiceAccounts", PATTERNS.serviceAccounts) },
        {
            weight: 1,
            arbitrary: pair("requestPrincipals", "notRequestPrincipals", PATTERNS.requestPrincipals),
        },
    )
    .filter(notEmpty) as fc.Arbitrary<Source>;

const operation = merged(
    pair("methods", "notMethods", PATTERNS.methods),
    pair("paths", "notPaths", PATTERNS.paths),
    pair("hosts", "notHosts", PATTERNS.hosts),
    pair("ports", "notPorts", PATTERNS.ports),
).filter(notEmpty) as fc.Arbitrary<Operation>;

const KEYS: readonly (readonly [key: string, values: readonly string[]])[] = [
    ["request.headers[x-kind]", PATTERNS.headers],
    ["request.headers[X-Kind]", PATTERNS.headers],
    ["source.principal", PATTERNS.principals],
    ["source.namespace", PATTERNS.namespaces],
    ["destination.port", PATTERNS.ports],
    ["connection.sni", PATTERNS.sni],
    ["request.auth.claims[role]", PATTERNS.claims],
];

const condition = fc.constantFrom(...KEYS).chain(([key, values]) =>
    pair("values", "notValues", values)
        .filter(notEmpty)
        .map((lists) => ({ key, ...lists })),
) as fc.Arbitrary<Condition>;

const rule: fc.Arbitrary<Rule> = fc
    .record({
        from: fc.option(
            fc.array(
                source.map((one) => ({ source: one })),
                { minLength: 1, maxLength: 2 },
            ),
            {
                nil: undefined,
            },
        ),
        to: fc.option(
            fc.array(
                operation.map((one) => ({ operation: one })),
                { minLength: 1, maxLength: 2 },
            ),
            {
                nil: undefined,
            },
        ),
        when: fc.option(fc.array(condition, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 2 }),
    })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

interface Draft {
    readonly namespace: string;
    readonly spec: Pick<Spec, "action" | "rules">;
    readonly dryRun: string | undefined;
}

const rules = fc.array(rule, { minLength: 1, maxLength: 3 });

const draft: fc.Arbitrary<Draft> = fc.record({
    // Policies in the root namespace apply to all workloads that they select; those in any other namespace to none of these.
    namespace: fc.oneof(
        { weight: 8, arbitrary: fc.constant("sparc") },
        { weight: 2, arbitrary: fc.constant("istio-system") },
        { weight: 1, arbitrary: fc.constant("databases") },
    ),
    spec: fc.oneof(
        { weight: 10, arbitrary: rules.map((all) => ({ action: "ALLOW" as const, rules: all })) },
        { weight: 4, arbitrary: rules.map((all) => ({ action: "DENY" as const, rules: all })) },
        { weight: 1, arbitrary: rules.map((all) => ({ action: "AUDIT" as const, rules: all })) },
        { weight: 1, arbitrary: fc.constant({ action: "ALLOW" as const }) },
    ),
    dryRun: fc.oneof(
        { weight: 8, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom("true", "false", "T", "yes") },
    ),
});

/** A strict rule (one account, one port, methods and paths), and one that differs from it in up to three places. */
const nearlyStrict: fc.Arbitrary<Rule> = fc
    .record({
        caller: fc.constantFrom(...CALLERS),
        changedSource: fc.option(source, { freq: 2 }),
        oneMoreSource: fc.option(source, { freq: 6 }),
        changedOperation: fc.option(operation, { freq: 2 }),
        condition: fc.option(condition, { freq: 3 }),
    })
    .map(({ caller, changedSource, oneMoreSource, changedOperation, condition: when }) => ({
        from: [
            { source: changedFrom(caller, changedSource) },
            ...(oneMoreSource === null ? [] : [{ source: oneMoreSource }]),
        ],
        to: [
            {
                operation: {
                    ports: [String(PORT)],
                    methods: ["GET", "POST"],
                    paths: ["/v1/alerts", "/v1/alerts/{*}", "/v2/alerts"],
                    ...changedOperation,
                },
            },
        ],
        ...(when === null ? {} : { when: [when] }),
    }));

function changedFrom(caller: string, changed: Source | null): Source {
    // Istio accepts serviceAccounts only without other identity fields.
    const byAccount = changed?.serviceAccounts !== undefined || changed?.notServiceAccounts !== undefined;
    return byAccount ? changed : { principals: [caller], ...changed };
}

/** `count` nearly strict ALLOW policies, each for a separate workload. */
export function nearlyStrictPolicies(count: number, seed: number): AuthorizationPolicyManifest[] {
    return fc.sample(nearlyStrict, { numRuns: count, seed }).map((one, set) => ({
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: { name: `case-${set}`, namespace: "sparc", labels: {} },
        spec: { selector: { matchLabels: labelsOf(set) }, action: "ALLOW", rules: [one] },
    }));
}

const LABEL = "sparc.dev/service";

/** The labels by which a set's policies select their workload. */
export function labelsOf(set: number): Record<string, string> {
    return { [LABEL]: `case-${set}` };
}

/** `count` sets of policies, each for a separate workload. */
export function policySets(count: number, seed: number): AuthorizationPolicyManifest[][] {
    const drafts = fc.sample(fc.array(draft, { minLength: 1, maxLength: 3 }), { numRuns: count, seed });
    return drafts.map((all, set) =>
        all.map(({ namespace, spec, dryRun }, index): AuthorizationPolicyManifest => ({
            apiVersion: "security.istio.io/v1",
            kind: "AuthorizationPolicy",
            metadata: {
                name: `case-${set}-${index}`,
                namespace,
                labels: {},
                ...(dryRun === undefined ? {} : { annotations: { "istio.io/dry-run": dryRun } }),
            },
            spec: { selector: { matchLabels: labelsOf(set) }, ...spec },
        })),
    );
}

/** `count` requests. */
export function requests(count: number, seed: number): TestRequest[] {
    const caller = fc.option(fc.constantFrom(...CALLERS), { nil: undefined, freq: 6 });
    const headers = fc.option(fc.constantFrom(...HEADER_VALUES), { nil: undefined, freq: 2 });
    return fc.sample(
        fc.record({
            caller,
            method: fc.constantFrom(...METHODS),
            path: fc.constantFrom(...PATHS),
            host: fc.constantFrom(...HOSTS),
            headers: headers.map((value): Record<string, string> =>
                value === undefined ? {} : { "x-kind": value },
            ),
        }),
        { numRuns: count, seed },
    );
}
