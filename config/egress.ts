/** How the platform reaches outside: the part of a stack's configuration that the egress gateway is made from. */
import { z } from "zod";
import { ipv4Network } from "./networks";

const cidr = ipv4Network("10.0.0.0/8");

/**
 * Addresses at which nothing of the outside is: private networks (RFC 1918), carriers' (RFC 6598), and link-local ones,
 * among them the clouds' metadata services, which give out credentials.
 */
export const PRIVATE_RANGES = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
];

export const egress = z.strictObject({
    authority: z
        .string()
        .min(1)
        .optional()
        .describe(
            "a Secret in istio-egress whose ca.crt vouches for the hosts with which the gateway itself speaks TLS; " +
                "the proxy image's own CAs where absent",
        ),
    privateRanges: z
        .array(cidr)
        .min(1)
        .default(PRIVATE_RANGES)
        .describe(
            "where the egress gateway may not go, though it may leave the cluster: the cluster's own networks",
        ),
});
