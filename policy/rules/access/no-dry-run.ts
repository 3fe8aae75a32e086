import { AUTHORIZATION, DRY_RUN, isDryRun } from "../../core/authorization";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { objectRule } from "../../core/rule";

export const noDryRun = objectRule<WithExceptions>({
    name: "access-no-dry-run",
    area: "access",
    title: "AuthorizationPolicies are enforced, except for listed trials",
    severity: "high",
    why: "a dry run only counts what it would have denied: it looks like a policy and denies nothing",
    remediation: "Remove the annotation istio.io/dry-run, or list the policy for the duration of the trial.",
    appliesTo: [AUTHORIZATION],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop, annotations: { istio.io/dry-run: "true" } }
spec: {}
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
`,
    },
    *evaluate(subject, config) {
        if (!isDryRun(subject) || isExcepted(config, subject)) return;
        yield {
            subject,
            problem: `its annotation ${DRY_RUN} is ${JSON.stringify(subject.annotations[DRY_RUN])}, so it is not enforced`,
            fix: "remove the annotation, or add the policy to the exceptions until the trial ends.",
        };
    },
    remediate(subject, { exceptions }) {
        if (exceptions.length > 0 || !isDryRun(subject)) return undefined;
        const { props, annotations } = subject;
        const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => name !== DRY_RUN));
        return { metadata: { ...(props["metadata"] as object), annotations: kept } };
    },
});
