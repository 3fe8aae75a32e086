import { at, fields, says, texts } from "../../core/read";
import { objectRule } from "../../core/rule";

export const secretsEncrypted = objectRule<object>({
    name: "cluster-secrets-encrypted",
    area: "cluster",
    title: "An EKS cluster encrypts its Secrets with a key of yours",
    severity: "medium",
    why: "the gateways' private keys and the mesh's CA lie in etcd and its backups",
    remedy: "Set encryptionConfig with resources [secrets] and the ARN of a KMS key.",
    judges: ["aws:eks/cluster:Cluster"],
    defaults: {},
    schema: {},
    examples: {
        refused: `
type: aws:eks/cluster:Cluster
name: mesh
properties: {}
`,
        accepted: `
type: aws:eks/cluster:Cluster
name: mesh
properties: { encryptionConfig: { resources: [secrets], provider: { keyArn: "arn:aws:kms:eu-central-1:1:key/1" } } }
`,
    },
    *judge(subject) {
        const config = fields(subject.props["encryptionConfig"]);
        if (texts(config["resources"]).includes("secrets") && hasKey(config)) return;
        yield {
            subject,
            wrong: "encryptionConfig does not encrypt secrets with a key",
            fix: "set encryptionConfig.resources to [secrets] and encryptionConfig.provider.keyArn to a KMS key.",
        };
    },
});

/** A key that is yet to be made is known to be there. */
function hasKey(config: Readonly<Record<string, unknown>>): boolean {
    const provider = fields(config["provider"]);
    return "keyArn" in provider && (isPending(provider, "keyArn") || says(at(provider, "keyArn")));
}

function isPending(record: object, key: string): boolean {
    return Object.getOwnPropertyDescriptor(record, key)?.get !== undefined;
}
