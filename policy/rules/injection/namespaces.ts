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
    title: "Every namespace asks for sidecars, except the control plane's and the listed ones",
    severity: "critical",
    why: "pods without a sidecar have no identity, take plain text, and no AuthorizationPolicy holds for them",
    remedy: "Label the namespace istio-injection: enabled, or istio.io/rev with a revision or tag.",
    judges: ["core/Namespace"],
    defaults: {
        ...NO_EXCEPTIONS,
        system: ["istio-system", "kube-system", "kube-public", "kube-node-lease"],
    },
    schema: {
        exceptions: {
            ...EXCEPTIONS_SCHEMA,
            description: "namespaces outside the mesh, each with a reason and its last day",
        },
        system: {
            type: "array",
            items: { type: "string" },
            description: "the control plane's and Kubernetes' own namespaces, which cannot be in the mesh",
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
`,
        accepted: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/rev: stable } }
`,
    },
    *judge(subject, config) {
        const { name, labels } = subject;
        if (injects(labels) || config.system.includes(name)) return;
        if (subject.isPatch && !("istio-injection" in labels) && !("istio.io/rev" in labels)) return;
        if (isExcepted(config, { namespace: name, name })) return;
        const said = labels["istio-injection"];
        yield {
            subject,
            wrong: `${said === undefined ? "it has no label that asks for sidecars" : `its label istio-injection is ${JSON.stringify(said)}`}, so its pods are outside the mesh`,
            fix: "label it istio-injection: enabled, or istio.io/rev: <revision>; or list it under the exceptions of this policy.",
        };
    },
    remedied({ props, labels, isPatch, name }, { system, exceptions }) {
        if (isPatch || injects(labels) || system.includes(name) || exceptions.length > 0) return undefined;
        const metadata = props["metadata"] as object;
        return { metadata: { ...metadata, labels: { ...labels, "istio-injection": "enabled" } } };
    },
});
