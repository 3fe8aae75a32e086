/** Which gateways have a load balancer on the Internet. */
import { BlockList } from "node:net";
import { PRIVATE_RANGES } from "../../config/egress";
import type { MeshConfig } from "../../config/schema";
import type { GatewayKey } from "./names";

/** Unique local addresses (RFC 4193), the private networks of IPv6. */
const UNIQUE_LOCAL = "fc00::/7";

/**
 * Whether a gateway's load balancer has private addresses only. That of the admin gateway has, if all of its clients
 * do: they reach a private address through a VPN or a peered network, and would arrive at a public one with the address
 * of their NAT gateway, which `adminCidrs` does not list.
 */
export function isInternal(key: GatewayKey, { edge }: Pick<MeshConfig, "edge">): boolean {
    switch (key) {
        case "internal":
            return true;
        case "public":
            return false;
        case "admin":
            return edge.adminCidrs.length > 0 && edge.adminCidrs.every(isPrivate);
    }
}

/** Reports admin networks of which some are private and some are not: one load balancer cannot serve both. */
export function schemeProblems({ edge, gateways }: Pick<MeshConfig, "edge" | "gateways">): string[] {
    if (gateways.serviceType !== "LoadBalancer") return [];
    const inside = edge.adminCidrs.filter(isPrivate);
    const outside = edge.adminCidrs.filter((cidr) => !isPrivate(cidr));
    if (inside.length === 0 || outside.length === 0) return [];
    return [
        `edge.adminCidrs: ${inside.join(", ")} can only reach an internal load balancer, and ${outside.join(", ")} only one on the ` +
            "Internet, but the admin gateway has one load balancer; list networks of one kind",
    ];
}

function isPrivate(cidr: string): boolean {
    const [address = "", bits = ""] = cidr.split("/");
    const family = address.includes(":") ? "ipv6" : "ipv4";
    return [...PRIVATE_RANGES, UNIQUE_LOCAL].some((range) => {
        const [outer = "", outerBits = ""] = range.split("/");
        if (outer.includes(":") !== (family === "ipv6") || Number(bits) < Number(outerBits)) return false;
        const list = new BlockList();
        list.addSubnet(outer, Number(outerBits), family);
        return list.check(address, family);
    });
}
