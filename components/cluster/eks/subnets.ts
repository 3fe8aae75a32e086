/** The network's division: for each zone a large private subnet, whose addresses pods have, and a small public one. */
import type { EksConfig } from "../../../config/cluster";

export interface ZoneSubnets {
    /** `eu-central-1a`. */
    readonly zone: string;
    /** The zone's letter. */
    readonly letter: string;
    /** A /19: 8,187 addresses for nodes and pods, which get them by prefixes of 16. */
    readonly privateCidr: string;
    /** A /24, for NAT gateways and load balancers alone. */
    readonly publicCidr: string;
}

export function zoneSubnets({ network, region, zones }: EksConfig): ZoneSubnets[] {
    const start = network.split(".").slice(0, 2).join(".");
    return zones.map((letter, position) => ({
        zone: `${region}${letter}`,
        letter,
        privateCidr: `${start}.${position * 32}.0/19`,
        publicCidr: `${start}.${224 + position}.0/24`,
    }));
}
