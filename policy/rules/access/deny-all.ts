import { AUTHORIZATION, isDenyAll } from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { each, stackRule } from "../../core/rule";

export const denyAll = stackRule<WithExceptions>({
    name: "access-deny-all",
    area: "access",
    title: "Every meshed namespace denies what no policy allows, and so does the whole mesh",
    severity: "critical",
    why: "a workload that no ALLOW selects answers everyone, until a policy denies by default",
    remedy: "Create an AuthorizationPolicy with an empty spec in each meshed namespace, and one in the root namespace.",
    judges: [AUTHORIZATION, "core/Namespace"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: { selector: { matchLabels: { app: carts } } }
`,
        accepted: `
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
    *judgeStack(world, config) {
        const isClosed = (namespace: string): boolean => world.has(namespace, [AUTHORIZATION], isDenyAll);
        yield* each(world.meshed, function* (subject) {
            const { name } = subject;
            if (isClosed(name) || isExcepted(config, { namespace: name, name })) return;
            yield {
                subject,
                wrong: `no AuthorizationPolicy in ${name} denies what the others do not allow`,
                fix: `create one in ${name} with an empty spec: no selector, no action, no rules, not as a dry run.`,
            };
        });
        if (!world.bringsControlPlane) return;
        for (const root of world.rootNamespaces) {
            if (isClosed(root)) continue;
            yield {
                wrong: `no AuthorizationPolicy in ${root} denies what the others do not allow, so a new namespace is open`,
                fix: `create one in ${root}, the mesh's root namespace, with an empty spec.`,
            };
        }
    },
});
