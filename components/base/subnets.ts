/**
 * The division of a network that a stack makes. Each kind of address has subnets of its own, so that a NetworkPolicy can name
 * the API server, the load balancers or the nodes without naming pods.
 */
import type { EksConfig } from "../../config/cluster";

/** Services' addresses: of no network that a node could be asked to reach. */
export const SERVICE_NETWORK = "172.20.0.0/16";
/** The Service `kubernetes`: the first address of the services' network. */
export const API_SERVICE = "172.20.0.1/32";

/** Where a VPC's own resolver answers: the second address of its network (VPC user guide, "Amazon DNS"). */
export function resolverOf({ network }: Pick<EksConfig, "network">): string {
    return network.replace(/\.0\/16$/, ".2/32");
}

export interface ZoneSubnets {
    /** `eu-central-1a`. */
    readonly zone: string;
    /** The zone's letter. */
    readonly letter: string;
    /** A /19: 8,187 addresses for nodes and pods, which get them by prefixes of 16. */
    readonly privateCidr: string;
    /** A /24, for NAT gateways and load balancers alone. */
    readonly publicCidr: string;
    /** A /28, for the API server's network interfaces alone; EKS wants six addresses, and suggests 16. */
    readonly controlPlaneCidr: string;
    /** A /27, for internal load balancers alone. */
    readonly internalCidr: string;
    /** A /27, for the interfaces of VPC endpoints alone: AWS' own services, seen from inside. */
    readonly endpointsCidr: string;
}

export function zoneSubnets({ network, region, zones }: EksConfig): ZoneSubnets[] {
    const start = network.split(".").slice(0, 2).join(".");
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
