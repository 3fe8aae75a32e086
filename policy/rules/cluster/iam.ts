import {
    exceptionList,
    EXCEPTIONS_SCHEMA,
    type Exception,
    anyInForce,
    isExcepted,
    NO_EXCEPTIONS,
} from "../../core/exceptions";
import { fields, list, isNonEmpty, text, textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { fitsAction, isEveryResource, type IamStatement, statementsOf } from "./policy-document";

interface ManagedPolicy extends Pick<Exception, "reason" | "until"> {
    /** Without the prefix of AWS managed policies, `arn:aws:iam::aws:policy/`. */
    readonly policy: string;
}

interface Config {
    readonly exceptions: readonly Exception[];
    readonly managed: readonly ManagedPolicy[];
}

const ROLE = "aws:iam/role:Role";
const POLICIES = ["policy", "rolePolicy", "userPolicy", "groupPolicy"].map((name) => typeOf("iam", name));
const ATTACHMENTS = [
    "rolePolicyAttachment",
    "policyAttachment",
    "userPolicyAttachment",
    "groupPolicyAttachment",
].map((name) => typeOf("iam", name));

/** Resources with a resource-based policy. */
const WITH_POLICY = [
    typeOf("kms", "key"),
    typeOf("kms", "keyPolicy"),
    typeOf("s3", "bucketPolicy"),
    typeOf("ecr", "repositoryPolicy"),
    typeOf("secretsmanager", "secretPolicy"),
    typeOf("sqs", "queuePolicy"),
    typeOf("sns", "topicPolicy"),
    typeOf("acmpca", "policy"),
];

/**
 * AWS managed policies that only grant what EKS, its add-ons and nodes need (docs.aws.amazon.com/eks, managed
 * policies).
 */
const HARMLESS =
    /^(service-role\/)?(AmazonEKS\w*Policy|AmazonEKS_CNI_Policy|AmazonEKSVPCResourceController|AmazonEC2ContainerRegistry(ReadOnly|PullOnly)|AmazonSSMManagedInstanceCore|AmazonEBSCSIDriverPolicy\w*|AmazonEFSCSIDriverPolicy|CloudWatchAgentServerPolicy|AWSXRayDaemonWriteAccess|AmazonPrometheusRemoteWriteAccess)$/;

/** One action for each way to get more permissions, secrets, or access to the cluster. */
const DANGEROUS_ACTIONS: readonly string[] = [
    "iam:PassRole",
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "sts:AssumeRole",
    "eks:CreateAccessEntry",
    "eks:AssociateAccessPolicy",
    "eks:CreatePodIdentityAssociation",
    "eks:UpdateClusterConfig",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:PutKeyPolicy",
    "acm-pca:IssueCertificate",
    "acm-pca:PutPolicy",
    "secretsmanager:GetSecretValue",
    "ssm:SendCommand",
    "ssm:StartSession",
    "lambda:UpdateFunctionCode",
];

export const iam = objectRule<Config>({
    name: "cluster-iam",
    area: "cluster",
    title: "IAM roles have specific trust policies and minimal permissions",
    severity: "critical",
    why: "a role that anyone can assume, or that allows everything, gives access to the cluster without Kubernetes' authorization",
    remediation:
        "Set the service or the account, with a condition, in the trust policy, and list actions and resources in the role's policies.",
    appliesTo: [ROLE, ...POLICIES, ...ATTACHMENTS, ...WITH_POLICY],
    defaults: { ...NO_EXCEPTIONS, managed: [] },
    schema: {
        exceptions: { ...EXCEPTIONS_SCHEMA, description: 'resources by name, with namespace ""' },
        managed: exceptionList(
            "AWS managed policies that a role may have, in addition to those that EKS and its add-ons need",
            { policy: { type: "string", description: "for example ReadOnlyAccess" } },
        ),
    },
    examples: {
        noncompliant: `
type: aws:iam/role:Role
name: ci
properties: { assumeRolePolicy: '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}' }
---
type: aws:iam/rolePolicyAttachment:RolePolicyAttachment
name: nodes
properties: { role: nodes, policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }
`,
        compliant: `
type: aws:iam/role:Role
name: nodes
properties: { assumeRolePolicy: '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}' }
---
type: aws:iam/rolePolicyAttachment:RolePolicyAttachment
name: nodes
properties: { role: nodes, policyArn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy" }
`,
    },
    *evaluate(subject, config) {
        if (isExcepted(config, { namespace: "", name: subject.name })) return;
        const { id, props } = subject;
        if (id === ROLE) {
            for (const statement of statementsOf(props["assumeRolePolicy"], "assumeRolePolicy"))
                yield* evaluateTrust(subject, statement);
            for (const [index, inline] of list(props["inlinePolicies"]).entries()) {
                const path = `inlinePolicies[${index}].policy`;
                yield* evaluatePermissions(subject, statementsOf(fields(inline)["policy"], path));
            }
        } else if (POLICIES.includes(id)) {
            yield* evaluatePermissions(subject, statementsOf(props["policy"], "policy"));
        } else if (WITH_POLICY.includes(id)) {
            for (const statement of statementsOf(props["policy"], "policy"))
                yield* evaluateTrust(subject, statement);
        }
        const attached = [...texts(props["managedPolicyArns"]), text(props["policyArn"]) ?? ""];
        for (const arn of attached) yield* evaluateManaged(subject, arn, config);
    },
});

function typeOf(service: string, name: string): string {
    return `aws:${service}/${name}:${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Checks who may assume the role, or use the resource. */
function* evaluateTrust(subject: Subject, statement: IamStatement): Iterable<Violation> {
    const { path, isAllow, principals, isInverted, condition } = statement;
    if (!isAllow) return;
    const isAnyone =
        principals?.some((principal) => principal === "*" || /^arn:[^:]*:iam::\*/.test(principal)) === true;
    if (isInverted || (isAnyone && !narrows(condition))) {
        yield {
            subject,
            problem: `${path} applies to ${isInverted ? "everyone except the listed principals" : "everyone"}`,
            fix: "set the account, the role or the service, or add a condition for it.",
        };
    }
    const isFederated = principals?.some((principal) => principal.includes("oidc-provider/")) === true;
    if (!isFederated) return;
    const subjects = conditions(condition)
        .filter(({ key }) => key.endsWith(":sub"))
        .flatMap(({ values }) => values);
    const wide = subjects.filter((value) => !/^[^*?]+:[^*?]+$/.test(value));
    if (subjects.length > 0 && wide.length === 0) return;
    yield {
        subject,
        problem: `${path} applies to ${subjects.length === 0 ? "every service account of that OIDC provider" : wide.join(", ")}`,
        fix: "set one service account in a condition StringEquals on the provider's :sub.",
    };
}

/** Condition keys that identify the caller. */
const CALLER_CONDITION_KEYS =
    /^(aws:(PrincipalAccount|PrincipalArn|PrincipalOrgID|SourceAccount|SourceArn|SourceVpc|SourceVpce)|kms:CallerAccount|kms:ViaService|sts:ExternalId)$/i;

function narrows(condition: unknown): boolean {
    return conditions(condition).some(
        ({ operator, key, values }) =>
            CALLER_CONDITION_KEYS.test(key) &&
            !/Not|IfExists|Null|ForAllValues/.test(operator) &&
            values.length > 0 &&
            values.every((value) => !/^[*?]*$/.test(value)),
    );
}

function conditions(
    condition: unknown,
): readonly { operator: string; key: string; values: readonly string[] }[] {
    return Object.entries(fields(condition)).flatMap(([operator, keys]) =>
        Object.entries(fields(keys)).map(([key, value]) => ({
            operator,
            key,
            values: Array.isArray(value) ? texts(value) : [text(value) ?? ""],
        })),
    );
}

/** Checks for permissions with which a role can get more than intended. */
function* evaluatePermissions(subject: Subject, statements: readonly IamStatement[]): Iterable<Violation> {
    for (const { path, isAllow, actions, resources, isInverted, condition } of statements) {
        if (!isAllow) continue;
        const isWide = resources.length === 0 || resources.some(isEveryResource);
        const all = actions.some((action) => /^\*+(:\*+)?$/.test(action));
        const dangerousActions = DANGEROUS_ACTIONS.filter((power) =>
            actions.some((action) => fitsAction(action, power)),
        );
        if (!isInverted && !all && !(isWide && dangerousActions.length > 0 && !isNonEmpty(condition)))
            continue;
        yield {
            subject,
            problem: `${path} allows ${isInverted ? "everything except what it lists" : all ? "every action" : `${dangerousActions.slice(0, 3).join(", ")} on every resource`}`,
            fix: "list the required actions and resources.",
        };
    }
}

function* evaluateManaged(subject: Subject, arn: string, { managed }: Config): Iterable<Violation> {
    const name = /^arn:[^:]*:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
    if (name === undefined || HARMLESS.test(name)) return;
    if (anyInForce(managed.filter(({ policy }) => policy === name))) return;
    yield {
        subject,
        problem: `it grants ${textAt(subject.props, "role") ?? subject.name} the AWS managed policy ${name}, which is more than EKS or an add-on needs`,
        fix: "use a policy with the required actions, or list it under `managed` with a reason and an end date.",
    };
}
