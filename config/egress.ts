/** Egress: how the egress gateway reaches external hosts. */
import { z } from "zod";
import { ipv4Network } from "./networks";

const cidr = ipv4Network("10.0.0.0/8");

/**
 * Address ranges that contain no external host: private networks (RFC 1918), carrier-grade NAT (RFC 6598), and
 * link-local addresses, among them the cloud metadata services, which return credentials.
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

/** Private networks with hosts outside the cluster, such as databases in the VPC or a data center behind a VPN. */
const networks = z
    .record(
        z
            .string()
            .regex(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/, "must be a name such as databases")
            .refine((name) => name !== INTERNET, `must not be "${INTERNET}"`),
        z.array(cidr).min(1, "must list at least one range such as 10.20.0.0/24"),
    )
    .default({})
    .describe(
        "Private address ranges outside the cluster, by name. The egress gateway reaches those that an external group of the " +
            "catalogue names as its `network`, on the ports of the group's hosts.",
    );

export const egress = z.strictObject({
    networks,
    caSecret: z
        .string()
        .min(1)
        .optional()
        .describe(
            "A Secret in istio-egress whose ca.crt verifies the hosts to which the egress gateway originates TLS. " +
                "Default: the proxy image's CAs.",
        ),
    excludedCidrs: z
        .array(cidr)
        .min(1)
        .default(PRIVATE_RANGES)
        .describe("Address ranges that the egress gateway cannot reach, such as the cluster's networks."),
});
