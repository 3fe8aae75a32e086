/** Who may speak to nodes and their pods, and who to the API server. */
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import type { NetworkDestination } from "../../base/private-networks";

/**
 * What the API server asks of pods and nodes: webhooks and extensions it calls, and kubelets. Without them admission times
 * out, and with it every pod's creation.
 */
export const FROM_API_SERVER: Readonly<Record<string, number>> = {
    kubelet: 10_250,
    "istiod-xds": 15_012,
    "istiod-webhook": 15_017,
    "load-balancer-webhook": 9_443,
};

export interface NodeFirewallArgs {
    readonly config: EksConfig;
    readonly vpcId: pulumi.Input<string>;
    /** The group that EKS itself gives the API server. */
    readonly apiServer: pulumi.Input<string>;
    /** Where the catalogue's external hosts are, and on which ports they are called. */
    readonly destinations: readonly NetworkDestination[];
}

const ANYWHERE = "0.0.0.0/0";

/** Where registries, AWS' services and key sets answer. */
const HTTPS = 443;

export class NodeFirewall extends pulumi.ComponentResource {
    /** The nodes' own group, which pods share. */
    readonly nodes: SecurityGroup;
    readonly rules: readonly pulumi.Resource[];

    constructor(
        name: string,
        { config, vpcId, apiServer, destinations }: NodeFirewallArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:NodeFirewall", name, {}, options);
        const parent = { parent: this };
        this.nodes = new SecurityGroup(
            `${name}-nodes`,
            {
                vpcId,
                description: "Nodes and their pods",
                tags: {
                    Name: `${config.name}-nodes`,
                    // The load balancer controller opens this group, and no other, to its load balancers.
                    [`kubernetes.io/cluster/${config.name}`]: "owned",
                },
            },
            parent,
        );
        const nodes = this.nodes.id;
        const tcp = (port: number) => ({ ipProtocol: "tcp", fromPort: port, toPort: port });
        this.rules = [
            new SecurityGroupIngressRule(
                `${name}-nodes-each-other`,
                {
                    securityGroupId: nodes,
                    referencedSecurityGroupId: nodes,
                    ipProtocol: "-1",
                    description: "each other; NetworkPolicies say more",
                },
                parent,
            ),
            ...Object.entries(FROM_API_SERVER).map(
                ([what, port]) =>
                    new SecurityGroupIngressRule(
                        `${name}-nodes-${what}`,
                        {
                            securityGroupId: nodes,
                            referencedSecurityGroupId: apiServer,
                            ...tcp(port),
                            description: `API server to ${what}`,
                        },
                        parent,
                    ),
            ),
            // The VPC's resolver, its clock and an instance's metadata answer whatever a group says (VPC user guide, "Security groups").
            new SecurityGroupEgressRule(
                `${name}-nodes-to-each-other`,
                {
                    securityGroupId: nodes,
                    referencedSecurityGroupId: nodes,
                    ipProtocol: "-1",
                    description: "each other; NetworkPolicies say more",
                },
                parent,
            ),
            new SecurityGroupEgressRule(
                `${name}-nodes-to-api`,
                {
                    securityGroupId: nodes,
                    referencedSecurityGroupId: apiServer,
                    ...tcp(443),
                    description: "the API server",
                },
                parent,
            ),
            ...[
                { cidr: ANYWHERE, port: HTTPS },
                ...destinations.filter(({ cidr, port }) => cidr !== ANYWHERE || port !== HTTPS),
            ].map(
                ({ cidr, port }) =>
                    new SecurityGroupEgressRule(
                        cidr === ANYWHERE
                            ? `${name}-nodes-out-${port}`
                            : `${name}-nodes-out-${cidr.replace(/[./]/g, "-")}-${port}`,
                        {
                            securityGroupId: nodes,
                            cidrIpv4: cidr,
                            ...tcp(port),
                            description: "images and external services; the egress gateway says who",
                        },
                        parent,
                    ),
            ),
            new SecurityGroupIngressRule(
                `${name}-api-nodes`,
                {
                    securityGroupId: apiServer,
                    referencedSecurityGroupId: nodes,
                    ...tcp(443),
                    description: "nodes to the API server",
                },
                parent,
            ),
            ...config.api.networks.map(
                (network) =>
                    new SecurityGroupIngressRule(
                        `${name}-api-${network.replace(/[./]/g, "-")}`,
                        {
                            securityGroupId: apiServer,
                            cidrIpv4: network,
                            ...tcp(443),
                            description: "a listed network to the API server",
                        },
                        parent,
                    ),
            ),
        ];
        this.registerOutputs();
    }
}
