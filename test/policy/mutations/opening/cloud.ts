/** AWS resources that somebody adds, or changes. */
import { type JudgedResource } from "../../../../cli/policy/protocol";
import { type Mutation } from "../model";

const EVERYBODY = JSON.stringify({
    Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
});

export function cloudBeside(stack: readonly JudgedResource[]): Mutation[] {
    if (!stack.some(({ type }) => type === "aws:eks/cluster:Cluster")) return [];
    return [
        beside("added: a role for everybody", "aws:iam/role:Role", "anybody", {
            assumeRolePolicy: EVERYBODY,
        }),
        beside(
            "added: AWS' administrators' policy",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "admin",
            {
                role: "cluster-nodes-role",
                policyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
            },
        ),
        beside(
            "added: an administrator of the cluster",
            "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
            "admin",
            {
                principalArn: "arn:aws:iam::999999999999:role/x",
                policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            },
        ),
        beside(
            "added: a role of another program for a pod",
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            "admin",
            { namespace: "sparc", serviceAccount: "reports", roleArn: "arn:aws:iam::1:role/admin" },
        ),
        beside("added: the Internet in parts", "aws:ec2/securityGroup:SecurityGroup", "parts", {
            ingress: [20, 21, 22].map((first) => ({
                protocol: "tcp",
                fromPort: 443,
                toPort: 443,
                cidrBlocks: [`${first}.0.0.0/16`, `${first}.1.0.0/16`],
            })),
        }),
        beside("added: a prefix list", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "list", {
            securityGroupId: "sg-1",
            prefixListId: "pl-1",
        }),
    ];
}

function beside(
    kind: string,
    type: string,
    name: string,
    properties: JudgedResource["properties"],
): Mutation {
    const added = {
        urn: `urn:pulumi:x::x::${type}::added-${name}`,
        type,
        name: `added-${name}`,
        properties,
    } as JudgedResource;
    return {
        kind,
        target: `${type}/added-${name}`,
        names: [`added-${name}`],
        replace: new Map(),
        add: [added],
    };
}
