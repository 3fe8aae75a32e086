import {
    actionOf,
    requiresToken,
    AUTHORIZATION,
    namesServiceAccount,
    type RuleEntry,
    rulesOf,
} from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { type Fields, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const allowIdentity = objectRule<WithExceptions>({
    name: "access-allow-identity",
    area: "access",
    title: "Every ALLOW names its callers by service account or JWT",
    severity: "critical",
    why: "an ALLOW that matches every caller, or a whole network or namespace, overrides deny by default for the workloads that it selects",
    remediation:
        "List service accounts in `principals` (cluster.local/ns/<namespace>/sa/<account>), or at an ingress gateway JWTs in `requestPrincipals`.",
    appliesTo: [AUTHORIZATION],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1beta1
kind: AuthorizationPolicy
metadata: { name: open, namespace: shop }
spec: { selector: { matchLabels: { app: carts } }, action: ALLOW, rules: [{}] }
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: carts-from-web, namespace: shop }
spec:
  selector: { matchLabels: { app: carts } }
  action: ALLOW
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["8080"], methods: [GET], paths: [/carts] } }]
`,
    },
    *evaluate(subject, config) {
        if (actionOf(subject) !== "ALLOW" || isExcepted(config, subject)) return;
        for (const { path, sources, operations, conditions } of rulesOf(subject)) {
            for (const source of sources) yield* evaluateSource(subject, source);
            if (sources.length > 0 || operations.length > 0 || conditions.length > 0) continue;
            yield {
                subject,
                problem: `${path} is empty, so it allows every request from every caller`,
                fix: "remove the rule, or set `from` and `to`.",
            };
        }
    },
});

function* evaluateSource(subject: Subject, { path, fields }: RuleEntry): Iterable<Violation> {
    for (const field of ["principals", "serviceAccounts", "namespaces"]) {
        for (const value of texts(fields[field])) {
            if (!value.includes("*")) continue;
            yield {
                subject,
                problem: `${path}.${field} has ${JSON.stringify(value)}, which matches more than one service account`,
                fix: "list each service account that may call: cluster.local/ns/<namespace>/sa/<account>.",
            };
        }
    }
    if (namesServiceAccount(fields) || requiresToken(fields)) return;
    yield {
        subject,
        problem: `${path} ${describeSource(fields)}`,
        fix: "add `principals` with the service accounts that may call, or `requestPrincipals` for clients with a JWT.",
    };
}

function describeSource(source: Fields): string {
    const has = (field: string): boolean => texts(source[field]).length > 0;
    if (has("ipBlocks") || has("remoteIpBlocks"))
        return "allows by IP address only, which every client in that network has";
    if (has("namespaces"))
        return "allows whole namespaces, so each workload there has the permissions of all the others";
    return "names no caller, so it allows everyone who is not excluded";
}
