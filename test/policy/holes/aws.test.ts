/** IAM, access entries and pod identities (J07–J12). */
import { itAccepts, itRejects } from "./assertions";

const resource = (type: string, properties: object, name = "x"): string =>
    JSON.stringify({ type, name, properties });
const role = (statement: object): string =>
    resource("aws:iam/role:Role", {
        assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    });
const policy = (statement: object): string =>
    resource("aws:iam/rolePolicy:RolePolicy", {
        role: "x",
        policy: JSON.stringify({ Statement: statement }),
    });
const attach = (name: string): string =>
    resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {
        role: "x",
        policyArn: `arn:aws:iam::aws:policy/${name}`,
    });
const take = "sts:AssumeRole";

describe("IAM", () => {
    itRejects("cluster-iam", [
        { what: "a role for any principal", yaml: role({ Effect: "Allow", Principal: "*", Action: take }) },
        {
            what: "a role for all of AWS",
            yaml: role({ Effect: "Allow", Principal: { AWS: ["*"] }, Action: take }),
        },
        {
            what: "a role for all principals except one",
            yaml: role({ Effect: "Allow", NotPrincipal: { AWS: "arn:aws:iam::1:root" }, Action: take }),
        },
        {
            what: "a condition without effect",
            yaml: role({
                Effect: "Allow",
                Principal: "*",
                Action: take,
                Condition: { StringLike: { "aws:PrincipalArn": "*" } },
            }),
        },
        {
            what: "a condition on something else",
            yaml: role({
                Effect: "Allow",
                Principal: "*",
                Action: take,
                Condition: { Bool: { "aws:SecureTransport": "true" } },
            }),
        },
        {
            what: "every account of an OIDC provider",
            yaml: role({
                Effect: "Allow",
                Principal: { Federated: "arn:aws:iam::1:oidc-provider/x" },
                Action: "sts:AssumeRoleWithWebIdentity",
            }),
        },
        {
            what: "accounts by a pattern",
            yaml: role({
                Effect: "Allow",
                Principal: { Federated: "arn:aws:iam::1:oidc-provider/x" },
                Action: "sts:AssumeRoleWithWebIdentity",
                Condition: { StringLike: { "x:sub": "system:serviceaccount:*:*" } },
            }),
        },
        { what: "every action", yaml: policy({ Effect: "Allow", Action: "*", Resource: "arn:aws:s3:::x" }) },
        {
            what: "every action of a list",
            yaml: policy([{ Effect: "Allow", Action: ["s3:GetObject", "*:*"], Resource: "*" }]),
        },
        {
            what: "NotAction with a few actions",
            yaml: policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }),
        },
        { what: "all of IAM", yaml: policy({ Effect: "Allow", Action: "iam:*", Resource: "*" }) },
        {
            what: "an action by a pattern",
            yaml: policy({ Effect: "Allow", Action: "IAM:Pass*", Resource: "arn:aws:iam::1:role/*" }),
        },
        {
            what: "every secret",
            yaml: policy({ Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: ["*"] }),
        },
        {
            what: "other roles of any name",
            yaml: policy({ Effect: "Allow", Action: take, Resource: "arn:aws:iam::*:role/*" }),
        },
        ...[
            "AdministratorAccess",
            "PowerUserAccess",
            "IAMFullAccess",
            "AmazonS3FullAccess",
            "job-function/SystemAdministrator",
            "SecretsManagerReadWrite",
        ].map((name) => ({ what: name, yaml: attach(name) })),
        {
            what: "an AWS managed policy attached to the role",
            yaml: resource("aws:iam/role:Role", {
                managedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
            }),
        },
        {
            what: "a key for any principal",
            yaml: resource("aws:kms/key:Key", {
                policy: { Statement: { Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" } },
            }),
        },
        {
            what: "a bucket for any principal",
            yaml: resource("aws:s3/bucketPolicy:BucketPolicy", {
                policy: JSON.stringify({
                    Statement: [
                        { Effect: "Allow", Principal: { AWS: "*" }, Action: "s3:GetObject", Resource: "*" },
                    ],
                }),
            }),
        },
    ]);
    itAccepts("cluster-iam", [
        {
            what: "pod identities",
            yaml: role({
                Effect: "Allow",
                Principal: { Service: "pods.eks.amazonaws.com" },
                Action: [take, "sts:TagSession"],
            }),
        },
        {
            what: "one account of an OIDC provider",
            yaml: role({
                Effect: "Allow",
                Principal: { Federated: "arn:aws:iam::1:oidc-provider/x" },
                Action: "sts:AssumeRoleWithWebIdentity",
                Condition: { StringEquals: { "x:sub": "system:serviceaccount:shop:carts" } },
            }),
        },
        {
            what: "an organization",
            yaml: role({
                Effect: "Allow",
                Principal: "*",
                Action: take,
                Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } },
            }),
        },
        { what: "a Deny of everything", yaml: policy({ Effect: "Deny", Action: "*", Resource: "*" }) },
        {
            what: "one key",
            yaml: policy({
                Effect: "Allow",
                Action: "kms:Decrypt",
                Resource: "arn:aws:kms:eu-central-1:1:key/1",
            }),
        },
        {
            what: "Describe actions on everything",
            yaml: policy({
                Effect: "Allow",
                Action: ["ec2:Describe*", "elasticloadbalancing:*"],
                Resource: "*",
            }),
        },
        ...[
            "AmazonEKSWorkerNodePolicy",
            "AmazonEC2ContainerRegistryPullOnly",
            "service-role/AmazonEBSCSIDriverPolicy",
        ].map((name) => ({ what: name, yaml: attach(name) })),
        {
            what: "a listed policy",
            yaml: attach("ReadOnlyAccess"),
            config: {
                managed: [{ policy: "ReadOnlyAccess", reason: "an auditor's role", until: "2099-01-01" }],
            },
        },
    ]);
});

describe("access to an EKS cluster", () => {
    const associate = (policyName: string, principal = "arn:aws:iam::1:role/ci"): string =>
        resource("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", {
            principalArn: principal,
            policyArn: `arn:aws:eks::aws:cluster-access-policy/${policyName}`,
        });
    itRejects("cluster-access", [
        ...[
            "AmazonEKSClusterAdminPolicy",
            "AmazonEKSAdminPolicy",
            "AmazonEKSEditPolicy",
            "AmazonEKSAdminViewPolicy",
            "AmazonEKSSecretReaderPolicy",
        ].map((name) => ({ what: name, yaml: associate(name) })),
        { what: "every role of an account", yaml: associate("AmazonEKSViewPolicy", "arn:aws:iam::1:root") },
        {
            what: "a system: group of Kubernetes",
            yaml: resource("aws:eks/accessEntry:AccessEntry", {
                principalArn: "arn:aws:iam::1:role/ci",
                kubernetesGroups: ["system:masters"],
            }),
        },
    ]);
    itAccepts("cluster-access", [
        { what: "viewers", yaml: associate("AmazonEKSViewPolicy") },
        {
            what: "a custom group",
            yaml: resource("aws:eks/accessEntry:AccessEntry", {
                principalArn: "arn:aws:iam::1:role/ci",
                kubernetesGroups: ["viewers"],
            }),
        },
        {
            what: "listed administrators",
            yaml: associate("AmazonEKSClusterAdminPolicy"),
            config: {
                principals: [
                    {
                        principal: "arn:aws:iam::1:role/ci",
                        policies: ["AmazonEKSClusterAdminPolicy"],
                        reason: "it deploys",
                        until: "2099-01-01",
                    },
                ],
            },
        },
    ]);
    const identity = (serviceAccount: string, roleArn: string): string =>
        resource("aws:eks/podIdentityAssociation:PodIdentityAssociation", { serviceAccount, roleArn });
    itRejects("cluster-pod-identity", [
        { what: "another team's role", yaml: identity("carts", "arn:aws:iam::1:role/admin") },
        { what: "the account default", yaml: identity("default", "arn:aws:iam::1:role/carts") },
        {
            what: "an add-on with another team's role",
            yaml: resource("aws:eks/addon:Addon", {
                podIdentityAssociations: [{ serviceAccount: "a", roleArn: "arn:aws:iam::1:role/admin" }],
            }),
        },
        {
            what: "IRSA for default",
            yaml: "{ apiVersion: v1, kind: ServiceAccount, metadata: { name: default, namespace: shop, annotations: { eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/x' } } }",
        },
    ]);
});
