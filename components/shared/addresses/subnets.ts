/**
 * The subnets of a VPC that the stack creates. Each kind of address has separate subnets, so that a NetworkPolicy can
 * allow the API server, the load balancers or the nodes without allowing pods.
 */
import type { EksConfig } from "../../../config/cluster";

/** The Services' CIDR block. It must not overlap any network that a node routes to. */
export const SERVICE_NETWORK = "172.20.0.0/16";
/** The Service `kubernetes`: the first address of the Services' CIDR block. */
export const API_SERVICE = "172.20.0.1/32";

/** The address of the VPC's resolver: the second of its CIDR block (VPC user guide, "Amazon DNS"). */
export function resolverOf({ vpcCidr }: Pick<EksConfig, "vpcCidr">): string {
    return vpcCidr.replace(/\.0\/16$/, ".2/32");
}

export interface ZoneSubnets {
    /** `eu-central-1a`. */
    readonly zone: string;
    /** The zone's letter. */
    readonly letter: string;
    /** A /19: 8,187 addresses for nodes and pods. Pods get theirs by prefixes of 16. */
    readonly privateCidr: string;
    /** A /24, only for NAT gateways and load balancers. */
    readonly publicCidr: string;
    /** A /28, only for the API server's network interfaces. EKS requires six addresses and recommends 16. */
    readonly controlPlaneCidr: string;
    /** A /27, only for internal load balancers. */
    readonly internalCidr: string;
    /** A /27, only for the network interfaces of VPC endpoints. */
    readonly endpointsCidr: string;
}

export function zoneSubnets({ vpcCidr, region, zones }: EksConfig): ZoneSubnets[] {
    const start = vpcCidr.split(".").slice(0, 2).join(".");
    return zones.map((letter, position) => ({
        zone: `${region}${letter}`,
        letter,
        privateCidr: `${start}.${position * 32}.0/19`,
        publicCidr: `${start}.${224 + position}.0/24`,
        controlPlaneCidr: `${start}.227.${position * 16}/28`,
        internalCidr: `${start}.227.${64 + position * 32}/27`,
        endpointsCidr: `${start}.227.${160 + position * 32}/27`,
    }));
}
