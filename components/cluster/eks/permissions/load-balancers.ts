import type { EksConfig } from "../../../../config/cluster";
import { type Document, type Statement, documentOf } from "./document";

/** The tag on all resources that the controller creates. */
const TAG = "elbv2.k8s.aws/cluster";

/**
 * Permissions of the AWS Load Balancer Controller for Services of type LoadBalancer: the subset of its documented
 * policy that Network Load Balancers need, restricted to resources with this cluster's tag. No WAF, no Shield, no
 * certificates: TLS terminates at the gateways.
 */
export function loadBalancersDocument({ name, region }: Pick<EksConfig, "name" | "region">): Document {
    const allow = (rest: Omit<Statement, "Effect">): Statement => ({ Effect: "Allow", ...rest });
    const requested = { [`aws:RequestTag/${TAG}`]: name };
    const owned = { [`aws:ResourceTag/${TAG}`]: name };
    const arn = (kind: string) => `arn:aws:elasticloadbalancing:${region}:*:${kind}`;
    const [balancers, targets, listeners] = [
        arn("loadbalancer/net/*/*"),
        arn("targetgroup/*/*"),
        arn("listener/net/*/*/*"),
    ];
    const groups = `arn:aws:ec2:${region}:*:security-group/*`;
    return documentOf(
        allow({
            Action: ["iam:CreateServiceLinkedRole"],
            Resource: "*",
            Condition: { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } },
        }),
        allow({
            Action: [
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAddresses",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstances",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVpcPeeringConnections",
                "ec2:DescribeVpcs",
                "ec2:GetSecurityGroupsForVpc",
                "elasticloadbalancing:DescribeCapacityReservation",
                "elasticloadbalancing:DescribeListenerAttributes",
                "elasticloadbalancing:DescribeListenerCertificates",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeLoadBalancers",
                // Of a network load balancer's listeners too, which have only the default rule: without it, the controller never
                // reports the load balancer's address to the Service (pkg/deploy/elbv2/listener_rule_synthesizer.go).
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            Resource: "*",
        }),
        // Security groups are created in a VPC, which has no such tag: only the group itself must have one.
        allow({
            Action: ["ec2:CreateSecurityGroup"],
            Resource: groups,
            Condition: { StringEquals: requested },
        }),
        allow({ Action: ["ec2:CreateSecurityGroup"], Resource: `arn:aws:ec2:${region}:*:vpc/*` }),
        allow({
            Action: ["ec2:CreateTags"],
            Resource: groups,
            Condition: { StringEquals: { "ec2:CreateAction": "CreateSecurityGroup", ...requested } },
        }),
        // When the tags that it gives to its groups change, as with a later version; its own tag stays.
        allow({
            Action: ["ec2:CreateTags", "ec2:DeleteTags"],
            Resource: groups,
            Condition: { Null: { [`aws:RequestTag/${TAG}`]: "true" }, StringEquals: owned },
        }),
        allow({
            Action: [
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:DeleteSecurityGroup",
                "ec2:RevokeSecurityGroupIngress",
            ],
            Resource: groups,
            Condition: { StringEquals: owned },
        }),
        // The nodes' security group, to which it adds rules for its load balancers.
        allow({
            Action: ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            Resource: groups,
            Condition: { StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${name}`]: "owned" } },
        }),
        allow({
            Action: ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            Resource: "*",
            Condition: { StringEquals: requested },
        }),
        allow({
            Action: ["elasticloadbalancing:AddTags"],
            Resource: [balancers, targets, listeners],
            Condition: { StringEquals: requested },
        }),
        allow({
            Action: [
                "elasticloadbalancing:AddTags",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyListenerAttributes",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:RegisterTargets",
                "elasticloadbalancing:RemoveTags",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            Resource: [balancers, targets, listeners],
            Condition: { StringEquals: owned },
        }),
    );
}
