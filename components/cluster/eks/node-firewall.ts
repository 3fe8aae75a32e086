/** Security groups: ingress to nodes and pods, and to the API server. */
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import { KUBELET_PORT, METRICS_SERVER_PORT } from "../../shared/flows/parties";
import type { NetworkDestination } from "../../shared/addresses/private-networks";

/**
 * The ports of nodes and pods that the API server calls: webhooks, extension APIs, and kubelets. Without them
 * admission times out, and no pod can be created.
 */
export const FROM_API_SERVER: Readonly<Record<string, number>> = {
    kubelet: KUBELET_PORT,
    "istiod-xds": 15_012,
    "istiod-webhook": 15_017,
    "load-balancer-webhook": 9_443,
    "metrics-server": METRICS_SERVER_PORT,
};

export interface NodeFirewallArgs {
    readonly config: EksConfig;
    readonly vpcId: pulumi.Input<string>;
    /** The security group that EKS creates for the API server. */
    readonly apiServer: pulumi.Input<string>;
    /** The destinations of the catalogue's external hosts, with ports. */
    readonly destinations: readonly NetworkDestination[];
}

const ANYWHERE = "0.0.0.0/0";

/** The port of image registries, AWS APIs and key sets. */
const HTTPS = 443;

export class NodeFirewall extends pulumi.ComponentResource {
    /** The nodes' security group, which pods share. */
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
                    // The load balancer controller adds rules only to the group with this tag.
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
                    description: "each other; NetworkPolicies restrict further",
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
            // The VPC's resolver, NTP and the instance metadata are reachable whatever a group allows (VPC user
            // guide, "Security groups").
            new SecurityGroupEgressRule(
                `${name}-nodes-to-each-other`,
                {
                    securityGroupId: nodes,
                    referencedSecurityGroupId: nodes,
                    ipProtocol: "-1",
                    description: "each other; NetworkPolicies restrict further",
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
                            description: "images and external services; the egress gateway restricts further",
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
            ...config.api.allowedCidrs.map(
                (network) =>
                    new SecurityGroupIngressRule(
                        `${name}-api-${network.replace(/[./]/g, "-")}`,
                        {
                            securityGroupId: apiServer,
                            cidrIpv4: network,
                            ...tcp(443),
                            description: "an allowed network to the API server",
                        },
                        parent,
                    ),
            ),
        ];
        this.registerOutputs();
    }
}
