import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { list, says, textAt, texts, at } from "../../core/read";
import { objectRule } from "../../core/rule";
import { parseYaml } from "../../core/yaml";

/** Groups of nodes, which every node group has. */
const OF_NODES: ReadonlySet<string> = new Set([
    "system:bootstrappers",
    "system:nodes",
    "system:node-proxier",
    "eks:kube-proxy-windows",
]);

export const awsAuth = objectRule<WithExceptions>({
    name: "cluster-aws-auth",
    area: "cluster",
    title: "The ConfigMap aws-auth names nodes alone",
    severity: "critical",
    why: "one line of it makes any IAM role the cluster's administrator, and neither RBAC nor an access entry shows it",
    remedy: "Set authenticationMode API, and give people access by access entries.",
    judges: ["core/ConfigMap"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: v1
kind: ConfigMap
metadata: { name: aws-auth, namespace: kube-system }
data:
  mapRoles: |
    - { rolearn: "arn:aws:iam::111122223333:role/ci", username: ci, groups: [system:masters] }
`,
        accepted: `
apiVersion: v1
kind: ConfigMap
metadata: { name: aws-auth, namespace: kube-system }
data:
  mapRoles: |
    - { rolearn: "arn:aws:iam::111122223333:role/nodes", username: "system:node:{{EC2PrivateDNSName}}", groups: [system:bootstrappers, system:nodes] }
`,
    },
    *judge(subject, config) {
        if (subject.name !== "aws-auth" || isExcepted(config, subject)) return;
        for (const key of ["mapRoles", "mapUsers"]) {
            const entries = parseYaml(textAt(subject.props, "data", key) ?? "[]", `data.${key}`);
            for (const [index, entry] of list(entries).entries()) {
                const groups = texts(at(entry, "groups"));
                const isNode = (textAt(entry, "username") ?? "").startsWith("system:node:");
                if (key === "mapRoles" && isNode && groups.every((group) => OF_NODES.has(group))) continue;
                const who = textAt(entry, "rolearn") ?? textAt(entry, "userarn") ?? "somebody";
                yield {
                    subject,
                    wrong: `data.${key}[${index}] makes ${who} a user of ${groups.join(", ") || "no group"}`,
                    fix: "remove it, and use an access entry with an access policy.",
                };
            }
        }
        const accounts = textAt(subject.props, "data", "mapAccounts");
        if (accounts === undefined || !says(parseYaml(accounts, "data.mapAccounts"))) return;
        yield {
            subject,
            wrong: "data.mapAccounts lets every role and user of those accounts in",
            fix: "remove it, and use access entries.",
        };
    },
});
