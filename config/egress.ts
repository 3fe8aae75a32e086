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

/** The network that every stack has: public addresses. */
export const INTERNET = "internet";

/** Private networks of hosts that are outside the cluster: databases in the VPC, a data center behind a VPN. */
const networks = z
    .record(
        z
            .string()
            .regex(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/, "must be a name such as databases")
            .refine((name) => name !== INTERNET, `must be another name than "${INTERNET}"`),
        z.array(cidr).min(1, "must list at least one range such as 10.20.0.0/24"),
    )
    .default({})
    .describe(
        "private address ranges outside the cluster, by name: the egress gateway reaches those that an external group of the " +
            "catalogue names as its `network`, on the ports of the group's hosts",
    );

export const egress = z.strictObject({
    networks,
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
