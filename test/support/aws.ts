/** Simulated AWS responses, as far as the program reads them. */
import type * as pulumi from "@pulumi/pulumi";

export const ACCOUNT = "111122223333";

/** Gateways' Services without a load balancer, as `<namespace>-<name>`; for tests to fill. */
export const missingLoadBalancers = new Set<string>();

/** A created resource's outputs beyond its inputs. */
export function awsState({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
    const declaredName = (inputs as Record<string, unknown>)["name"];
    const arn = `arn:aws:${type.split(":")[1]?.split("/")[0] ?? ""}:::${name}`;
    switch (type) {
        case "aws:eks/cluster:Cluster":
            return {
                arn,
                name: declaredName,
                endpoint: "https://0A1B2C.gr7.eu-central-1.eks.amazonaws.com",
                certificateAuthority: { data: "Q0E=" },
                vpcConfig: {
                    ...(inputs as { vpcConfig: object }).vpcConfig,
                    clusterSecurityGroupId: "sg-api",
                },
            };
        case "aws:route53/zone:Zone":
            return {
                arn: "arn:aws:route53:::hostedzone/Z0ZONE",
                zoneId: "Z0ZONE",
                nameServers: ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"],
            };
        case "aws:cloudwatch/logGroup:LogGroup":
            return { arn: `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:${String(declaredName)}` };
        case "aws:kms/key:Key":
            return { arn: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/${name}` };
        case "aws:ec2/vpc:Vpc":
            return { arn, ownerId: ACCOUNT };
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return { arn, latestVersion: 1 };
        case "aws:iam/role:Role":
            return { arn: `arn:aws:iam::${ACCOUNT}:role/${name}`, name };
        default:
            return { arn };
    }
}

/** The result of an invoke of the AWS provider; undefined for invokes that no test expects. */
export function awsCall({ token, inputs }: pulumi.runtime.MockCallArgs): Record<string, unknown> | undefined {
    switch (token) {
        case "aws:lb/getLbs:getLbs": {
            const { tags } = inputs as { tags: Record<string, string> };
            const service = (tags["service.k8s.aws/stack"] ?? "").replace("/", "-");
            return { arns: missingLoadBalancers.has(service) ? [] : [service] };
        }
        case "aws:lb/getLoadBalancer:getLoadBalancer": {
            const { arn } = inputs as { arn: string };
            return { dnsName: `${arn}.elb.eu-central-1.amazonaws.com`, zoneId: "Z3ELB" };
        }
        case "aws:ssm/getParameter:getParameter": {
            const { name } = inputs as { name: string };
            return { insecureValue: `release of ${name}` };
        }
        case "aws:eks/getCluster:getCluster":
            return {
                endpoint: "https://OTHER.gr7.eu-central-1.eks.amazonaws.com",
                certificateAuthorities: [{ data: "T1RIRVI=" }],
            };
        default:
            return undefined;
    }
}
