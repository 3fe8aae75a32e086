/** External services. */
import { z } from "zod";
import { count, portNumber, prose, some, text } from "./text";
import { duration, rate } from "./time";

/** At least two labels of at most 63 characters, the last one not a number: that would be an address. */
const hostName = text(
    /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "a full DNS name",
    "Write a full DNS name in lower case, such as api.example.com; list each host, without a wildcard.",
);

const networkName = text(
    /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/,
    "a network's name",
    'Write "internet", or a key of the stack\'s egress.networks such as databases.',
);

export const externalHost = z
    .strictObject({
        host: hostName.describe(
            "A full DNS name. Literal: a wildcard would open more than anyone has reviewed.",
        ),
        port: portNumber.describe("The port on which the host is called."),
        protocol: z.enum(["https", "tls", "tcp"]).describe("What the host speaks."),
        tls: z
            .enum(["passthrough", "originate"])
            .exactOptional()
            .describe(
                "Who originates TLS. `passthrough`: the caller, and the mesh sees nothing but the name. `originate`: the egress gateway; the caller sends plain HTTP to port 80, which crosses the mesh in mutual TLS. HTTPS only. Default: passthrough.",
            ),
    })
    .meta({ id: "ExternalHost", description: "One external host." });

export const externalBreaker = z
    .strictObject({
        connections: count
            .exactOptional()
            .describe(
                "The maximum number of connections of one replica of the egress gateway to each host. Default: 100.",
            ),
        failures: count
            .exactOptional()
            .describe(
                "Consecutive failures, of requests or of connections, after which a host is ejected. Default: 5.",
            ),
        pause: duration.exactOptional().describe("The first ejection's duration. Default: 30s."),
    })
    .meta({ id: "ExternalBreaker", description: "When an external host is ejected for a while." });

export const externalGroup = z
    .strictObject({
        summary: prose.describe("What it is for, in one sentence."),
        hosts: some(externalHost, "its hosts").describe("At least one."),
        network: networkName
            .exactOptional()
            .describe(
                "Where its hosts' addresses are. `internet`: public addresses. Any other name is a key of the stack's `egress.networks`, which lists private address ranges: those of databases in the VPC, for instance. Default: internet, and required for hosts of AWS' managed databases.",
            ),
        breaker: externalBreaker
            .exactOptional()
            .describe("The circuit breaker. Default: an `ExternalBreaker` with its defaults."),
        timeout: duration
            .exactOptional()
            .describe(
                "How long a request may take where the mesh sees requests, and a connection to be established. Default: 10s.",
            ),
        limit: rate
            .exactOptional()
            .describe(
                "The most that one replica of the egress gateway forwards to each host: requests where the mesh sees requests, otherwise connections. Default: no limit.",
            ),
    })
    .meta({
        id: "ExternalGroup",
        description: "Hosts of one external service, used together and limited alike.",
    });
