import {
    actionOf,
    asksForToken,
    AUTHORIZATION,
    namesAccount,
    type Placed,
    rulesOf,
} from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { type Fields, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const allowIdentity = objectRule<WithExceptions>({
    name: "access-allow-identity",
    area: "access",
    title: "Every ALLOW says whom it lets in, by service account or token",
    severity: "critical",
    why: "an ALLOW that fits everyone, or a whole network or namespace, undoes deny by default for what it selects",
    remedy: "Name service accounts in `principals` (cluster.local/ns/<namespace>/sa/<account>), at the edge tokens in `requestPrincipals`.",
    judges: [AUTHORIZATION],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: security.istio.io/v1beta1
kind: AuthorizationPolicy
metadata: { name: open, namespace: shop }
spec: { selector: { matchLabels: { app: carts } }, action: ALLOW, rules: [{}] }
`,
        accepted: `
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
    *judge(subject, config) {
        if (actionOf(subject) !== "ALLOW" || isExcepted(config, subject)) return;
        for (const { path, sources, operations, conditions } of rulesOf(subject)) {
            for (const source of sources) yield* judgeSource(subject, source);
            if (sources.length > 0 || operations.length > 0 || conditions.length > 0) continue;
            yield {
                subject,
                wrong: `${path} is empty, so it allows everything to everyone`,
                fix: "remove the rule, or say `from` whom and `to` what.",
            };
        }
    },
});

function* judgeSource(subject: Subject, { path, fields }: Placed): Iterable<Finding> {
    for (const field of ["principals", "serviceAccounts", "namespaces"]) {
        for (const value of texts(fields[field])) {
            if (!value.includes("*")) continue;
            yield {
                subject,
                wrong: `${path}.${field} has ${JSON.stringify(value)}, which fits more than one account`,
                fix: "name each service account that may call: cluster.local/ns/<namespace>/sa/<account>.",
            };
        }
    }
    if (namesAccount(fields) || asksForToken(fields)) return;
    yield {
        subject,
        wrong: `${path} ${whom(fields)}`,
        fix: "add `principals` with the service accounts that may call, or `requestPrincipals` where clients come with tokens.",
    };
}

function whom(source: Fields): string {
    const has = (field: string): boolean => texts(source[field]).length > 0;
    if (has("ipBlocks") || has("remoteIpBlocks"))
        return "lets in by address alone, which anyone in that network has";
    if (has("namespaces")) return "lets in whole namespaces, so each workload there has each other's rights";
    return "names nobody, so it lets everyone in (what is not excluded)";
}
