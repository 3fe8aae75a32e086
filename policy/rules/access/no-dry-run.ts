import { AUTHORIZATION, DRY_RUN, isDryRun } from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { objectRule } from "../../core/rule";

export const noDryRun = objectRule<WithExceptions>({
    name: "access-no-dry-run",
    area: "access",
    title: "Policies are in force, except those that are listed as being tried",
    severity: "high",
    why: "a dry run only counts what it would have denied: it looks like a policy and stops nobody",
    remedy: "Remove the annotation istio.io/dry-run, or list the policy while it is tried.",
    judges: [AUTHORIZATION],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop, annotations: { istio.io/dry-run: "true" } }
spec: {}
`,
        accepted: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
`,
    },
    *judge(subject, config) {
        if (!isDryRun(subject) || isExcepted(config, subject)) return;
        yield {
            subject,
            wrong: `its annotation ${DRY_RUN} is ${JSON.stringify(subject.annotations[DRY_RUN])}, so it is not enforced`,
            fix: "remove the annotation, or list the policy under the exceptions until the trial ends.",
        };
    },
    remedied(subject, { exceptions }) {
        if (exceptions.length > 0 || !isDryRun(subject)) return undefined;
        const { props, annotations } = subject;
        const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => name !== DRY_RUN));
        return { metadata: { ...(props["metadata"] as object), annotations: kept } };
    },
});
