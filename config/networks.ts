/** Networks in CIDR notation. Zod checks octets and prefix lengths, and rejects 10.999.0.0/16. */
import { z } from "zod";

/** @param example for the error message */
export function ipv4Network(example: string): z.ZodType<string, string> {
    return z.cidrv4(`must be an IPv4 range such as ${example}`);
}

/** IPv4 or IPv6. */
export const anyNetwork = z.union([z.cidrv4(), z.cidrv6()], {
    error: "must be a network such as 203.0.113.0/24, or 2001:db8::/32",
});
