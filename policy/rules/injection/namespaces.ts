import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { injects } from "../../core/injection";
import { objectRule } from "../../core/rule";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly system: readonly string[];
}

export const injectedNamespaces = objectRule<Config>({
    name: "injection-namespaces",
    area: "injection",
    title: "Every namespace enables sidecar injection, except system namespaces and listed exceptions",
    severity: "critical",
    why: "pods without a sidecar have no identity, accept plain text, and are not subject to AuthorizationPolicies",
    remediation: "Label the namespace istio-injection: enabled, or istio.io/rev with a revision or tag.",
    appliesTo: ["core/Namespace"],
    defaults: {
        ...NO_EXCEPTIONS,
        system: ["istio-system", "kube-system", "kube-public", "kube-node-lease"],
    },
    schema: {
        exceptions: {
            ...EXCEPTIONS_SCHEMA,
            description: "namespaces outside the mesh, each with a reason and an end date",
        },
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces of the control plane and of Kubernetes, which cannot be in the mesh",
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
`,
        compliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/rev: stable } }
`,
    },
    *evaluate(subject, config) {
        const { name, labels } = subject;
        if (injects(labels) || config.system.includes(name)) return;
        if (subject.isPatch && !("istio-injection" in labels) && !("istio.io/rev" in labels)) return;
        if (isExcepted(config, { namespace: name, name })) return;
        const injectionLabel = labels["istio-injection"];
        yield {
            subject,
            problem: `${injectionLabel === undefined ? "it has no injection label" : `its label istio-injection is ${JSON.stringify(injectionLabel)}`}, so its pods are outside the mesh`,
            fix: "label it istio-injection: enabled, or istio.io/rev: <revision>; or add it to this policy's exceptions.",
        };
    },
    remediate({ props, labels, isPatch, name }, { system, exceptions }) {
        if (isPatch || injects(labels) || system.includes(name) || exceptions.length > 0) return undefined;
        const metadata = props["metadata"] as object;
        return { metadata: { ...metadata, labels: { ...labels, "istio-injection": "enabled" } } };
    },
});
