import {
    EXCEPTION_FIELDS,
    EXCEPTIONS_SCHEMA,
    type Exception,
    holds,
    isExcepted,
    NO_EXCEPTIONS,
} from "../../core/exceptions";
import { fields, list, says, text, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { fitsAction, isEveryResource, type Statement, statementsOf } from "./policy-document";

interface ManagedPolicy extends Pick<Exception, "reason" | "until"> {
    /** Without the beginning that all of AWS' own have, `arn:aws:iam::aws:policy/`. */
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

/** Resources whose own policy says who may use them. */
const WITH_POLICY = [
    typeOf("kms", "key"),
    typeOf("kms", "keyPolicy"),
    typeOf("s3", "bucketPolicy"),
    typeOf("ecr", "repositoryPolicy"),
    typeOf("secretsmanager", "secretPolicy"),
    typeOf("sqs", "queuePolicy"),
    typeOf("sns", "topicPolicy"),
];

/** Of AWS' own policies: what EKS, its add-ons and nodes need, and no more (docs.aws.amazon.com/eks, managed policies). */
const HARMLESS =
    /^(service-role\/)?(AmazonEKS\w*Policy|AmazonEKS_CNI_Policy|AmazonEKSVPCResourceController|AmazonEC2ContainerRegistry(ReadOnly|PullOnly)|AmazonSSMManagedInstanceCore|AmazonEBSCSIDriverPolicy\w*|AmazonEFSCSIDriverPolicy|CloudWatchAgentServerPolicy|AWSXRayDaemonWriteAccess|AmazonPrometheusRemoteWriteAccess)$/;

/** One action of each way to more rights, to secrets, or into the cluster. */
const POWERS: readonly string[] = [
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
    "kms:Decrypt",
    "kms:PutKeyPolicy",
    "secretsmanager:GetSecretValue",
    "ssm:SendCommand",
    "ssm:StartSession",
    "lambda:UpdateFunctionCode",
];

export const iam = objectRule<Config>({
    name: "cluster-iam",
    area: "cluster",
    title: "IAM roles are taken by whom they are for, and give what is needed",
    severity: "critical",
    why: "a role that anybody may take, or that may do everything, is a way into the cluster past all of Kubernetes",
    remedy: "Name the service or the account in the trust policy, with a condition, and list actions and resources in the role's policies.",
    judges: [ROLE, ...POLICIES, ...ATTACHMENTS, ...WITH_POLICY],
    defaults: { ...NO_EXCEPTIONS, managed: [] },
    schema: {
        exceptions: { ...EXCEPTIONS_SCHEMA, description: 'resources by name, with namespace ""' },
        managed: {
            type: "array",
            description:
                "AWS' own policies that a role may have, besides those that EKS and its add-ons need",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["policy", "reason", "until"],
                properties: {
                    policy: { type: "string", description: "such as ReadOnlyAccess" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
    },
    examples: {
        refused: `
type: aws:iam/role:Role
name: ci
properties: { assumeRolePolicy: '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}' }
---
type: aws:iam/rolePolicyAttachment:RolePolicyAttachment
name: nodes
properties: { role: nodes, policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }
`,
        accepted: `
type: aws:iam/role:Role
name: nodes
properties: { assumeRolePolicy: '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}' }
---
type: aws:iam/rolePolicyAttachment:RolePolicyAttachment
name: nodes
properties: { role: nodes, policyArn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy" }
`,
    },
    *judge(subject, config) {
        if (isExcepted(config, { namespace: "", name: subject.name })) return;
        const { id, props } = subject;
        if (id === ROLE) {
            for (const statement of statementsOf(props["assumeRolePolicy"], "assumeRolePolicy"))
                yield* judgeTrust(subject, statement);
            for (const [index, inline] of list(props["inlinePolicies"]).entries()) {
                const path = `inlinePolicies[${index}].policy`;
                yield* judgePowers(subject, statementsOf(fields(inline)["policy"], path));
            }
        } else if (POLICIES.includes(id)) {
            yield* judgePowers(subject, statementsOf(props["policy"], "policy"));
        } else if (WITH_POLICY.includes(id)) {
            for (const statement of statementsOf(props["policy"], "policy"))
                yield* judgeTrust(subject, statement);
        }
        const attached = [...texts(props["managedPolicyArns"]), text(props["policyArn"]) ?? ""];
        for (const arn of attached) yield* judgeManaged(subject, arn, config);
    },
});

function typeOf(service: string, name: string): string {
    return `aws:${service}/${name}:${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Who may take the role, or use the resource. */
function* judgeTrust(subject: Subject, statement: Statement): Iterable<Finding> {
    const { path, isAllow, principals, isInverted, condition } = statement;
    if (!isAllow) return;
    const isAnyone =
        principals?.some((principal) => principal === "*" || /^arn:[^:]*:iam::\*/.test(principal)) === true;
    if (isInverted || (isAnyone && !narrows(condition))) {
        yield {
            subject,
            wrong: `${path} is for ${isInverted ? "everybody but whom it names" : "everybody"}`,
            fix: "name the account, the role or the service, or add a condition that does.",
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
        wrong: `${path} is for ${subjects.length === 0 ? "every account of that OIDC provider" : wide.join(", ")}`,
        fix: "name one service account in a condition StringEquals on the provider's :sub.",
    };
}

/** Keys by which a condition names whoever asks, with a value that is not a pattern for all. */
const NARROWING =
    /^(aws:(PrincipalAccount|PrincipalArn|PrincipalOrgID|SourceAccount|SourceArn|SourceVpc|SourceVpce)|kms:CallerAccount|kms:ViaService|sts:ExternalId)$/i;

function narrows(condition: unknown): boolean {
    return conditions(condition).some(
        ({ operator, key, values }) =>
            NARROWING.test(key) &&
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

/** What a role may do, of what gives it more than it was meant to have. */
function* judgePowers(subject: Subject, statements: readonly Statement[]): Iterable<Finding> {
    for (const { path, isAllow, actions, resources, isInverted, condition } of statements) {
        if (!isAllow) continue;
        const isWide = resources.length === 0 || resources.some(isEveryResource);
        const all = actions.some((action) => /^\*+(:\*+)?$/.test(action));
        const powers = POWERS.filter((power) => actions.some((action) => fitsAction(action, power)));
        if (!isInverted && !all && !(isWide && powers.length > 0 && !says(condition))) continue;
        yield {
            subject,
            wrong: `${path} allows ${isInverted ? "everything but what it names" : all ? "every action" : `${powers.slice(0, 3).join(", ")} on every resource`}`,
            fix: "list the actions and the resources that are needed.",
        };
    }
}

function* judgeManaged(subject: Subject, arn: string, { managed }: Config): Iterable<Finding> {
    const name = /^arn:[^:]*:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
    if (name === undefined || HARMLESS.test(name)) return;
    if (holds(managed.filter(({ policy }) => policy === name))) return;
    yield {
        subject,
        wrong: `it gives ${textAt(subject.props, "role") ?? subject.name} AWS' policy ${name}, which is more than EKS or an add-on needs`,
        fix: "write a policy with the actions that are needed, or list it under `managed` with a reason and an end date.",
    };
}
