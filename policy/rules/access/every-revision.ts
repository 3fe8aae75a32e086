import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { objectRule } from "../../core/rule";

const REVISION = "istio.io/rev";

export const everyRevision = objectRule<WithExceptions>({
    name: "access-every-revision",
    area: "access",
    title: "Istio's objects apply to the proxies of every revision",
    severity: "high",
    why: "istiod ignores an object whose label istio.io/rev is not its own revision: it looks like a policy and applies to nothing",
    remediation: "Remove the label. Namespaces and pods choose their revision, objects of Istio do not.",
    appliesTo: [
        "extensions.istio.io/*",
        "networking.istio.io/*",
        "security.istio.io/*",
        "telemetry.istio.io/*",
    ],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop, labels: { istio.io/rev: stable } }
spec: {}
`,
        compliant: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop, labels: { team: shop } }
spec: {}
`,
    },
    *evaluate(subject, config) {
        const revision = subject.labels[REVISION];
        // An empty value is a label too, which no control plane has as its revision.
        if (revision === undefined || isExcepted(config, subject)) return;
        yield {
            subject,
            problem: `its label ${REVISION} is ${JSON.stringify(revision)}: a control plane with another revision, or with a tag of that name, ignores it`,
            fix: "remove the label.",
        };
    },
});
