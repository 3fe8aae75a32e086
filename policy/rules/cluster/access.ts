import { exceptionList, type Exception, anyInForce } from "../../core/exceptions";
import { text, textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
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
 * The only EKS access policy for people that cannot read Secrets; AmazonEKSAdminViewPolicy can
 * (docs.aws.amazon.com/eks, "Review access policy permissions").
 */
const HARMLESS = "AmazonEKSViewPolicy";

export const access = objectRule<Config>({
    name: "cluster-access",
    area: "cluster",
    title: "Principals with permissions in an EKS cluster are listed by name",
    severity: "critical",
    why: "an access entry grants permissions to an IAM role that are in no RoleBinding, and of AWS' two view policies one can read Secrets",
    remediation:
        "Use AmazonEKSViewPolicy or a Kubernetes group with a custom ClusterRole, and list administrators in the policy's configuration.",
    appliesTo: [ENTRY, ASSOCIATION],
    defaults: { principals: [] },
    schema: {
        principals: exceptionList("IAM principals with more than AmazonEKSViewPolicy", {
            principal: { type: "string", description: "ARN of the principal" },
            policies: {
                type: "array",
                items: { type: "string" },
                description: "names of access policies",
            },
        }),
    },
    examples: {
        noncompliant: `
type: aws:eks/accessPolicyAssociation:AccessPolicyAssociation
name: on-call
properties:
  principalArn: arn:aws:iam::111122223333:role/on-call
  policyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy
`,
        compliant: `
type: aws:eks/accessPolicyAssociation:AccessPolicyAssociation
name: on-call
properties:
  principalArn: arn:aws:iam::111122223333:role/on-call
  policyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy
`,
    },
    *evaluate(subject, config) {
        const principal = textAt(subject.props, "principalArn") ?? "";
        if (principal.endsWith(":root")) {
            yield {
                subject,
                problem: `it is for ${principal}, which includes every role and user of that account`,
                fix: "use a single role.",
            };
        }
        yield* subject.id === ENTRY ? evaluateEntry(subject) : evaluatePolicy(subject, principal, config);
    },
});

function* evaluateEntry(subject: Subject): Iterable<Violation> {
    const system = texts(subject.props["kubernetesGroups"]).filter((group) => /^(system|eks):/.test(group));
    if (system.length === 0) return;
    yield {
        subject,
        problem: `kubernetesGroups has ${system.join(", ")}, which is a system group of Kubernetes`,
        fix: "use a custom group, and bind a ClusterRole with the required permissions.",
    };
}

function* evaluatePolicy(subject: Subject, principal: string, { principals }: Config): Iterable<Violation> {
    const policy = (text(subject.props["policyArn"]) ?? "").split("/").at(-1) ?? "";
    if (policy === HARMLESS) return;
    if (
        anyInForce(
            principals.filter((listed) => listed.principal === principal && listed.policies.includes(policy)),
        )
    )
        return;
    yield {
        subject,
        problem: `it grants ${principal} the access policy ${policy}, which can read Secrets or write`,
        fix: "use AmazonEKSViewPolicy, or list the principal with its policy under `principals` of this policy.",
    };
}
