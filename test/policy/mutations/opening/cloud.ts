/** Added and changed AWS resources. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";

const EVERYBODY = JSON.stringify({
    Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
});

export function addedCloud(stack: readonly EvaluatedResource[]): Mutation[] {
    if (!stack.some(({ type }) => type === "aws:eks/cluster:Cluster")) return [];
    return [
        addResource("added: a role for any principal", "aws:iam/role:Role", "anybody", {
            assumeRolePolicy: EVERYBODY,
        }),
        addResource(
            "added: AWS' administrators' policy",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "admin",
            {
                role: "cluster-nodes-role",
                policyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
            },
        ),
        addResource(
            "added: a cluster administrator",
            "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
            "admin",
            {
                principalArn: "arn:aws:iam::999999999999:role/x",
                policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            },
        ),
        addResource(
            "added: a role of another program for a pod",
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            "admin",
            { namespace: "sparc", serviceAccount: "reports", roleArn: "arn:aws:iam::1:role/admin" },
        ),
        addResource("added: the Internet in several ranges", "aws:ec2/securityGroup:SecurityGroup", "parts", {
            ingress: [20, 21, 22].map((first) => ({
                protocol: "tcp",
                fromPort: 443,
                toPort: 443,
                cidrBlocks: [`${first}.0.0.0/16`, `${first}.1.0.0/16`],
            })),
        }),
        addResource(
            "added: a prefix list",
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            "list",
            {
                securityGroupId: "sg-1",
                prefixListId: "pl-1",
            },
        ),
    ];
}

export function addResource(
    kind: string,
    type: string,
    name: string,
    properties: EvaluatedResource["properties"],
): Mutation {
    const added = {
        urn: `urn:pulumi:x::x::${type}::added-${name}`,
        type,
        name: `added-${name}`,
        properties,
    } as EvaluatedResource;
    return {
        kind,
        target: `${type}/added-${name}`,
        names: [`added-${name}`],
        replace: new Map(),
        add: [added],
    };
}
