import { texts } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly types: readonly string[];
}

export const auditLogs = objectRule<Config>({
    name: "cluster-audit-logs",
    area: "cluster",
    title: "An EKS cluster keeps its audit log",
    severity: "medium",
    why: "who changed a policy or read a Secret is told by nothing else",
    remedy: "Set enabledClusterLogTypes to api, audit and authenticator at least.",
    judges: ["aws:eks/cluster:Cluster"],
    defaults: { types: ["api", "audit", "authenticator"] },
    schema: { types: { type: "array", items: { type: "string" }, description: "the logs that must be on" } },
    examples: {
        refused: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { enabledClusterLogTypes: [api] }
`,
        accepted: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { enabledClusterLogTypes: [api, audit, authenticator] }
`,
    },
    *judge(subject, { types }) {
        const on = texts(subject.props["enabledClusterLogTypes"]);
        const missing = types.filter((type) => !on.includes(type));
        if (missing.length === 0) return;
        yield {
            subject,
            wrong: `enabledClusterLogTypes lacks ${missing.join(", ")}`,
            fix: `add ${missing.join(", ")}.`,
        };
    },
});
