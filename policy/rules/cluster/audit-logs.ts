import { texts } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly types: readonly string[];
}

export const auditLogs = objectRule<Config>({
    name: "cluster-audit-logs",
    area: "cluster",
    title: "EKS clusters have audit logs",
    severity: "medium",
    why: "no other log shows who changed a policy or read a Secret",
    remediation: "Set enabledClusterLogTypes to at least api, audit and authenticator.",
    appliesTo: ["aws:eks/cluster:Cluster"],
    defaults: { types: ["api", "audit", "authenticator"] },
    schema: { types: { type: "array", items: { type: "string" }, description: "required log types" } },
    examples: {
        noncompliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { enabledClusterLogTypes: [api] }
`,
        compliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { enabledClusterLogTypes: [api, audit, authenticator] }
`,
    },
    *evaluate(subject, { types }) {
        const on = texts(subject.props["enabledClusterLogTypes"]);
        const missing = types.filter((type) => !on.includes(type));
        if (missing.length === 0) return;
        yield {
            subject,
            problem: `enabledClusterLogTypes lacks ${missing.join(", ")}`,
            fix: `add ${missing.join(", ")}.`,
        };
    },
});
