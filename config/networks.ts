/** Networks in CIDR notation. Octets and lengths are checked by zod, so that 10.999.0.0/16 is none. */
import { z } from "zod";

/** @param example what the message shows */
export function ipv4Network(example: string): z.ZodType<string, string> {
    return z.cidrv4(`must be an IPv4 range such as ${example}`);
}

/** Of either family. */
export const anyNetwork = z.union([z.cidrv4(), z.cidrv6()], {
    error: "must be a network such as 203.0.113.0/24, or 2001:db8::/32",
});
