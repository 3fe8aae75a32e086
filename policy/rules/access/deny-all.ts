import { AUTHORIZATION, isDenyAll } from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { each, stackRule } from "../../core/rule";

export const denyAll = stackRule<WithExceptions>({
    name: "access-deny-all",
    area: "access",
    title: "Every meshed namespace, and the whole mesh, denies requests by default",
    severity: "critical",
    why: "a workload that no ALLOW selects accepts requests from everyone, unless a policy denies by default",
    remediation:
        "Create an AuthorizationPolicy with an empty spec in each meshed namespace, and one in the root namespace.",
    appliesTo: [AUTHORIZATION, "core/Namespace"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: { selector: { matchLabels: { app: carts } } }
`,
        compliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
`,
    },
    *evaluateStack(stack, config) {
        const isClosed = (namespace: string): boolean => stack.has(namespace, [AUTHORIZATION], isDenyAll);
        yield* each(stack.meshed, function* (subject) {
            const { name } = subject;
            if (isClosed(name) || isExcepted(config, { namespace: name, name })) return;
            yield {
                subject,
                problem: `no AuthorizationPolicy in ${name} denies requests by default`,
                fix: `create one in ${name} with an empty spec: no selector, no action, no rules, and no dry run.`,
            };
        });
        if (!stack.bringsControlPlane) return;
        for (const root of stack.rootNamespaces) {
            if (isClosed(root)) continue;
            yield {
                problem: `no AuthorizationPolicy in ${root} denies requests by default, so a new namespace allows everything`,
                fix: `create one in ${root}, the mesh's root namespace, with an empty spec.`,
            };
        }
    },
});
