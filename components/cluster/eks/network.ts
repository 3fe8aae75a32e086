/** The VPC: private subnets for nodes and pods, public ones for Internet-facing load balancers and NAT gateways. */
import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup";
import { Eip } from "@pulumi/aws/ec2/eip";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { NatGateway } from "@pulumi/aws/ec2/natGateway";
import { Route } from "@pulumi/aws/ec2/route";
import { RouteTable } from "@pulumi/aws/ec2/routeTable";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import { type ZoneSubnets, zoneSubnets } from "../../shared/addresses/subnets";

export interface ZoneNetwork extends ZoneSubnets {
    readonly privateSubnet: Subnet;
    /** Only for the API server's network interfaces. */
    readonly controlPlaneSubnet: Subnet;
    /** Only for VPC endpoints' network interfaces. */
    readonly endpointsSubnet: Subnet;
    readonly routeTable: RouteTable;
}

export class Network extends pulumi.ComponentResource {
    readonly vpc: Vpc;
    /** In the order of the configuration's zones. */
    readonly zones: readonly ZoneNetwork[];
    /** The routes to the Internet, which a starting node needs. */
    readonly internetRoutes: readonly pulumi.Resource[];

    constructor(name: string, config: EksConfig, options: pulumi.ComponentResourceOptions) {
        super("sparc:cluster:Network", name, {}, options);
        const parent = { parent: this };
        this.vpc = new Vpc(
            `${name}-vpc`,
            {
                cidrBlock: config.vpcCidr,
                enableDnsSupport: true,
                // The private DNS names of the endpoints and of the API server require it.
                enableDnsHostnames: true,
                tags: { Name: config.name },
            },
            parent,
        );
        const vpcId = this.vpc.id;
        // The default security group of every VPC allows its members to connect to each other. Without rules it
        // allows nothing.
        new DefaultSecurityGroup(`${name}-default`, { vpcId, tags: named(config, "default") }, parent);
        const internet = new InternetGateway(`${name}-internet`, { vpcId, tags: named(config) }, parent);
        const publicRoutes = new RouteTable(
            `${name}-public`,
            { vpcId, tags: named(config, "public") },
            parent,
        );
        const toInternet = new Route(
            `${name}-public-out`,
            { routeTableId: publicRoutes.id, destinationCidrBlock: ANYWHERE, gatewayId: internet.id },
            parent,
        );
        const nats: NatGateway[] = [];
        const ways: Route[] = [];
        this.zones = zoneSubnets(config).map((zone, position) => {
            const { letter } = zone;
            const publicSubnet = this.subnet(name, config, zone, "public");
            new RouteTableAssociation(
                `${name}-public-${letter}`,
                { routeTableId: publicRoutes.id, subnetId: publicSubnet.id },
                parent,
            );
            if (position === 0 || config.natGateways === "per-zone") {
                const address = new Eip(
                    `${name}-nat-${letter}`,
                    { domain: "vpc", tags: named(config, `nat-${letter}`) },
                    // Other parties have its address in their allow lists.
                    { ...parent, dependsOn: [internet] },
                );
                nats.push(
                    new NatGateway(
                        `${name}-nat-${letter}`,
                        {
                            allocationId: address.id,
                            subnetId: publicSubnet.id,
                            tags: named(config, letter),
                        },
                        { ...parent, dependsOn: [toInternet] },
                    ),
                );
            }
            const privateSubnet = this.subnet(name, config, zone, "private");
            const controlPlaneSubnet = this.subnet(name, config, zone, "control-plane");
            const internalSubnet = this.subnet(name, config, zone, "internal");
            const endpointsSubnet = this.subnet(name, config, zone, "endpoints");
            const routeTable = new RouteTable(
                `${name}-private-${letter}`,
                { vpcId, tags: named(config, `private-${letter}`) },
                parent,
            );
            for (const [kind, subnet] of [
                ["private", privateSubnet],
                ["control-plane", controlPlaneSubnet],
                ["internal", internalSubnet],
                ["endpoints", endpointsSubnet],
            ] as const)
                new RouteTableAssociation(
                    `${name}-${kind}-${letter}`,
                    { routeTableId: routeTable.id, subnetId: subnet.id },
                    parent,
                );
            const nat = nats.at(-1);
            if (nat === undefined) throw new pulumi.ResourceError("the zone has no NAT gateway", this);
            ways.push(
                new Route(
                    `${name}-private-${letter}-out`,
                    {
                        routeTableId: routeTable.id,
                        destinationCidrBlock: ANYWHERE,
                        natGatewayId: nat.id,
                    },
                    parent,
                ),
            );
            return { ...zone, privateSubnet, controlPlaneSubnet, endpointsSubnet, routeTable };
        });
        this.internetRoutes = ways;
        this.registerOutputs();
    }

    private subnet(name: string, config: EksConfig, zone: ZoneSubnets, kind: SubnetKind): Subnet {
        const { cidr, role } = SUBNETS[kind];
        return new Subnet(
            `${name}-${kind}-${zone.letter}`,
            {
                vpcId: this.vpc.id,
                availabilityZone: zone.zone,
                cidrBlock: cidr(zone),
                mapPublicIpOnLaunch: false,
                tags: {
                    ...named(config, `${kind}-${zone.letter}`),
                    ...(role === undefined ? {} : { [role]: "1" }),
                },
            },
            { parent: this },
        );
    }
}

const ANYWHERE = "0.0.0.0/0";

type SubnetKind = "private" | "public" | "control-plane" | "internal" | "endpoints";

/** The load balancer controller discovers subnets by these role tags. */
const SUBNETS: Readonly<Record<SubnetKind, { cidr: (zone: ZoneSubnets) => string; role?: string }>> = {
    private: { cidr: ({ privateCidr }) => privateCidr },
    public: { cidr: ({ publicCidr }) => publicCidr, role: "kubernetes.io/role/elb" },
    "control-plane": { cidr: ({ controlPlaneCidr }) => controlPlaneCidr },
    internal: { cidr: ({ internalCidr }) => internalCidr, role: "kubernetes.io/role/internal-elb" },
    endpoints: { cidr: ({ endpointsCidr }) => endpointsCidr },
};

function named({ name }: EksConfig, part?: string): Record<string, string> {
    return { Name: part === undefined ? name : `${name}-${part}` };
}
