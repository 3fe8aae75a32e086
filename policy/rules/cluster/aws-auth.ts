import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { list, isNonEmpty, textAt, texts, at } from "../../core/read";
import { objectRule } from "../../core/rule";
import { parseYaml } from "../../core/yaml";

/** Groups of every node group. */
const NODE_GROUPS: ReadonlySet<string> = new Set([
    "system:bootstrappers",
    "system:nodes",
    "system:node-proxier",
    "eks:kube-proxy-windows",
]);

export const awsAuth = objectRule<WithExceptions>({
    name: "cluster-aws-auth",
    area: "cluster",
    title: "The ConfigMap aws-auth only maps nodes",
    severity: "critical",
    why: "one line in it makes any IAM role a cluster administrator, which is visible neither in RBAC nor in access entries",
    remediation: "Set authenticationMode to API, and grant access to people with access entries.",
    appliesTo: ["core/ConfigMap"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: v1
kind: ConfigMap
metadata: { name: aws-auth, namespace: kube-system }
data:
  mapRoles: |
    - { rolearn: "arn:aws:iam::111122223333:role/ci", username: ci, groups: [system:masters] }
`,
        compliant: `
apiVersion: v1
kind: ConfigMap
metadata: { name: aws-auth, namespace: kube-system }
data:
  mapRoles: |
    - { rolearn: "arn:aws:iam::111122223333:role/nodes", username: "system:node:{{EC2PrivateDNSName}}", groups: [system:bootstrappers, system:nodes] }
`,
    },
    *evaluate(subject, config) {
        if (subject.name !== "aws-auth" || isExcepted(config, subject)) return;
        for (const key of ["mapRoles", "mapUsers"]) {
            const entries = parseYaml(textAt(subject.props, "data", key) ?? "[]", `data.${key}`);
            for (const [index, entry] of list(entries).entries()) {
                const groups = texts(at(entry, "groups"));
                const isNode = (textAt(entry, "username") ?? "").startsWith("system:node:");
                if (key === "mapRoles" && isNode && groups.every((group) => NODE_GROUPS.has(group))) continue;
                const principal =
                    textAt(entry, "rolearn") ?? textAt(entry, "userarn") ?? "an unknown principal";
                yield {
                    subject,
                    problem: `data.${key}[${index}] maps ${principal} to ${groups.join(", ") || "no group"}`,
                    fix: "remove it, and use an access entry with an access policy.",
                };
            }
        }
        const accounts = textAt(subject.props, "data", "mapAccounts");
        if (accounts === undefined || !isNonEmpty(parseYaml(accounts, "data.mapAccounts"))) return;
        yield {
            subject,
            problem: "data.mapAccounts allows every role and user of those accounts",
            fix: "remove it, and use access entries.",
        };
    },
});
