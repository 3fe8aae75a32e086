import { at, fields, isNonEmpty, texts } from "../../core/read";
import { objectRule } from "../../core/rule";

export const secretsEncrypted = objectRule<object>({
    name: "cluster-secrets-encrypted",
    area: "cluster",
    title: "EKS clusters encrypt Secrets with a customer-managed KMS key",
    severity: "medium",
    why: "etcd and its backups contain the gateways' private keys and the mesh's CA key",
    remediation: "Set encryptionConfig with resources [secrets] and the ARN of a KMS key.",
    appliesTo: ["aws:eks/cluster:Cluster"],
    defaults: {},
    schema: {},
    examples: {
        noncompliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: {}
`,
        compliant: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { encryptionConfig: { resources: [secrets], provider: { keyArn: "arn:aws:kms:eu-central-1:1:key/1" } } }
`,
    },
    *evaluate(subject) {
        const config = fields(subject.props["encryptionConfig"]);
        if (texts(config["resources"]).includes("secrets") && hasKey(config)) return;
        yield {
            subject,
            problem: "encryptionConfig does not encrypt secrets with a KMS key",
            fix: "set encryptionConfig.resources to [secrets] and encryptionConfig.provider.keyArn to a KMS key.",
        };
    },
});

/** A key that the update will create counts as present. */
function hasKey(config: Readonly<Record<string, unknown>>): boolean {
    const provider = fields(config["provider"]);
    return "keyArn" in provider && (isPending(provider, "keyArn") || isNonEmpty(at(provider, "keyArn")));
}

function isPending(record: object, key: string): boolean {
    return Object.getOwnPropertyDescriptor(record, key)?.get !== undefined;
}
