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
    why: "a policy pack judges what a program deploys; the API server judges whatever else is created there, by anyone",
    remedy: `Label the namespace ${LABEL}: restricted.`,
    judges: ["core/Namespace"],
    defaults: {
        ...NO_EXCEPTIONS,
        minimum: "baseline",
        system: ["istio-system", "kube-system", "kube-public", "kube-node-lease"],
    },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        minimum: { enum: LEVELS, description: "the level that every namespace enforces at least" },
        system: {
            type: "array",
            items: { type: "string" },
            description: "namespaces that need more: CNI and the like",
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: privileged } }
`,
        accepted: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: restricted } }
`,
    },
    *judge(subject, config) {
        const { name, labels, isPatch } = subject;
        const said = labels[LABEL];
        if (config.system.includes(name) || isExcepted(config, { namespace: name, name })) return;
        if (isPatch && said === undefined) return;
        if (LEVELS.indexOf(said ?? "") >= LEVELS.indexOf(config.minimum)) return;
        yield {
            subject,
            wrong: `its label ${LABEL} is ${said ?? "not set"}, and ${config.minimum} is the least`,
            fix: `set it to ${config.minimum} or more.`,
        };
    },
});
