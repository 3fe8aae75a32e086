import { EXCEPTIONS_SCHEMA, type Exception, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { objectRule } from "../../core/rule";

const LEVELS = ["privileged", "baseline", "restricted"];

interface Config {
    readonly exceptions: readonly Exception[];
    readonly minimum: string;
    readonly system: readonly string[];
}

const LABEL = "pod-security.kubernetes.io/enforce";

export const podSecurity = objectRule<Config>({
    name: "workloads-pod-security",
    area: "workloads",
    title: "Namespaces enforce a Pod Security Standard",
    severity: "medium",
    why: "a policy pack evaluates what a program deploys; only the API server checks pods that anyone else creates",
    remediation: `Label the namespace ${LABEL}: restricted.`,
    appliesTo: ["core/Namespace"],
    defaults: {
        ...NO_EXCEPTIONS,
        minimum: "baseline",
        system: ["istio-system", "kube-system", "kube-public", "kube-node-lease"],
    },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        minimum: { enum: LEVELS, description: "the minimum level that every namespace must enforce" },
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces that need more privileges, such as those of a CNI",
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: privileged } }
`,
        compliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: restricted } }
`,
    },
    *evaluate(subject, config) {
        const { name, labels, isPatch } = subject;
        const enforcedLevel = labels[LABEL];
        if (config.system.includes(name) || isExcepted(config, { namespace: name, name })) return;
        if (isPatch && enforcedLevel === undefined) return;
        if (LEVELS.indexOf(enforcedLevel ?? "") >= LEVELS.indexOf(config.minimum)) return;
        yield {
            subject,
            problem: `its label ${LABEL} is ${enforcedLevel ?? "not set"}; the minimum is ${config.minimum}`,
            fix: `set it to ${config.minimum} or a stricter level.`,
        };
    },
});
