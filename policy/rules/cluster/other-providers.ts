import { HARMLESS_ADD_ONS, NETWORK_ADD_ONS } from "../../core/eks-add-ons";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { textAt } from "../../core/read";
import { EVERYTHING, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

/** Services of AWS whose resources give rights, open networks, issue certificates, or create any other resource. */
const SERVICES =
    "acmpca|autoscaling|cloudformation|ec2|eks|elasticloadbalancingv2|iam|identitystore|kms|networkfirewall|organizations|ram|rolesanywhere|route53resolver|secretsmanager|servicecatalog|ssm|sso";

/** Types that do what the policies evaluate with other types, by a part of the type's name. */
const TYPES: readonly (readonly [type: RegExp, problem: string])[] = [
    [
        new RegExp(`^(aws-native:(${SERVICES}):|awscc:index/(${SERVICES})[A-Z])`),
        "the policies evaluate the types of the provider `aws`, and not those of `aws-native` or `awscc`",
    ],
    [
        /^(aws-native:index:ExtensionResource|aws:cloudcontrol\/resource:Resource)$/,
        "it creates a resource of any type from a document, which no policy evaluates",
    ],
    [
        /^aws:(cloudformation\/(stack|stackSet|stackInstances|stackSetInstance)|servicecatalog\/provisionedProduct|serverlessrepository\/cloudFormationStack):/,
        "it creates whatever its template contains, which no policy evaluates",
    ],
    [
        /^pulumi-(nodejs|python):dynamic[/:]/,
        "it runs a program of its own to create something, which no policy evaluates",
    ],
    [
        /^(argocd|flux|helm|kubectl|kustomization):/,
        "its provider writes objects to the cluster, and the policies evaluate those of the provider `kubernetes`",
    ],
];

export const otherProviders = objectRule<WithExceptions>({
    name: "cluster-other-providers",
    area: "cluster",
    title: "AWS rights, networks and Kubernetes objects have types that the policies evaluate",
    severity: "high",
    why: "an IAM role in a CloudFormation template, or an access entry of another provider, passes every policy for roles and access",
    remediation: "Create them with the providers `aws` and `kubernetes`.",
    appliesTo: [EVERYTHING],
    defaults: NO_EXCEPTIONS,
    schema: {
        exceptions: { ...EXCEPTIONS_SCHEMA, description: 'resources by their name, with namespace ""' },
    },
    examples: {
        noncompliant: `
type: aws-native:eks:AccessEntry
name: admins
properties: { clusterName: mesh, principalArn: "arn:aws:iam::111122223333:role/ci" }
---
type: aws:cloudformation/stack:Stack
name: roles
properties: { templateBody: "{}", capabilities: [CAPABILITY_NAMED_IAM] }
`,
        compliant: `
type: aws-native:s3:Bucket
name: reports
properties: { bucketName: reports }
`,
    },
    *evaluate(subject, config) {
        if (subject.isKubernetes) return;
        const problem = TYPES.find(([type]) => type.test(subject.id))?.[1] ?? problemOfAddOn(subject);
        if (problem === undefined || isExcepted(config, subject)) return;
        yield {
            subject,
            problem,
            fix: "create it with the provider `aws` or `kubernetes`, or add it to this policy's exceptions with a reason and an end date.",
        };
    },
});

/** Add-ons of the AWS Marketplace install other vendors' charts, among them meshes. */
function problemOfAddOn({ id, props }: Subject): string | undefined {
    if (id !== "aws:eks/addon:Addon") return undefined;
    const name = textAt(props, "addonName") ?? "";
    return HARMLESS_ADD_ONS.has(name) || NETWORK_ADD_ONS.has(name)
        ? undefined
        : `the add-on ${name} installs objects to the cluster, which no policy evaluates`;
}
