import { EXCEPTION_FIELDS, type Exception, holds } from "../../core/exceptions";
import { text, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

interface Principal extends Pick<Exception, "reason" | "until"> {
    readonly principal: string;
    /** Its access policies, such as AmazonEKSClusterAdminPolicy. */
    readonly policies: readonly string[];
}

interface Config {
    readonly principals: readonly Principal[];
}

const ENTRY = "aws:eks/accessEntry:AccessEntry";
const ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation";

/**
 * The only one of EKS' access policies for people that reads no Secret: AmazonEKSAdminViewPolicy does
 * (docs.aws.amazon.com/eks, "Review access policy permissions").
 */
const HARMLESS = "AmazonEKSViewPolicy";

export const access = objectRule<Config>({
    name: "cluster-access",
    area: "cluster",
    title: "Who has rights over an EKS cluster is listed by name",
    severity: "critical",
    why: "an access entry gives an IAM role rights that no RoleBinding shows, and two of AWS' view policies differ in whether they read Secrets",
    remedy: "Use AmazonEKSViewPolicy or a Kubernetes group with a ClusterRole of your own, and list administrators in the policy's configuration.",
    judges: [ENTRY, ASSOCIATION],
    defaults: { principals: [] },
    schema: {
        principals: {
            type: "array",
            description: "IAM principals with more than AmazonEKSViewPolicy",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["principal", "policies", "reason", "until"],
                properties: {
                    principal: { type: "string", description: "the ARN" },
                    policies: {
                        type: "array",
                        items: { type: "string" },
                        description: "names of access policies",
                    },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
    examples: {
        refused: `
type: aws:eks/accessPolicyAssociation:AccessPolicyAssociation
name: on-call
properties:
  principalArn: arn:aws:iam::111122223333:role/on-call
  policyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy
`,
        accepted: `
type: aws:eks/accessPolicyAssociation:AccessPolicyAssociation
name: on-call
properties:
  principalArn: arn:aws:iam::111122223333:role/on-call
  policyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy
`,
    },
    *judge(subject, config) {
        const principal = textAt(subject.props, "principalArn") ?? "";
        if (principal.endsWith(":root")) {
            yield {
                subject,
                wrong: `it is for ${principal}, which is every role and user of that account`,
                fix: "name one role.",
            };
        }
        yield* subject.id === ENTRY ? judgeEntry(subject) : judgePolicy(subject, principal, config);
    },
});

function* judgeEntry(subject: Subject): Iterable<Finding> {
    const system = texts(subject.props["kubernetesGroups"]).filter((group) => /^(system|eks):/.test(group));
    if (system.length === 0) return;
    yield {
        subject,
        wrong: `kubernetesGroups has ${system.join(", ")}, a group of Kubernetes itself`,
        fix: "name a group of your own, and bind a ClusterRole with what it needs.",
    };
}

function* judgePolicy(subject: Subject, principal: string, { principals }: Config): Iterable<Finding> {
    const policy = (text(subject.props["policyArn"]) ?? "").split("/").at(-1) ?? "";
    if (policy === HARMLESS) return;
    if (
        holds(
            principals.filter((listed) => listed.principal === principal && listed.policies.includes(policy)),
        )
    )
        return;
    yield {
        subject,
        wrong: `it gives ${principal} the access policy ${policy}, which reads Secrets or writes`,
        fix: "use AmazonEKSViewPolicy, or list the principal with its policy under `principals` of this policy.",
    };
}
