/** External services. */
import { z } from "zod";
import { count, portNumber, prose, nonEmptyList, text } from "./text";
import { duration, rate } from "./time";

/** At least two labels of at most 63 characters, the last one not a number, as in an IP address. */
const hostName = text(
    /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "a fully qualified DNS name",
    "Write a fully qualified DNS name in lower case, such as api.example.com. List each host: wildcards are not allowed.",
);

const networkName = text(
    /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/,
    "a network name",
    'Write "internet", or a key of the stack\'s egress.networks such as databases.',
);

export const externalHost = z
    .strictObject({
        host: hostName.describe(
            "A fully qualified DNS name, without wildcards, which would allow unreviewed hosts.",
        ),
        port: portNumber.describe("The host's port."),
        protocol: z.enum(["https", "tls", "tcp"]).describe("The host's protocol."),
        tls: z
            .enum(["passthrough", "originate"])
            .exactOptional()
            .describe(
                "Where TLS is originated. `passthrough`: by the caller; the mesh sees only the server name (SNI). `originate`: by the egress gateway; the caller sends plain HTTP to port 80, which crosses the mesh in mutual TLS. HTTPS only. Default: passthrough.",
            ),
    })
    .meta({ id: "ExternalHost", description: "One external host." });

const externalCircuitBreaker = z
    .strictObject({
        maxConnections: count
            .exactOptional()
            .describe(
                "The maximum number of connections from one replica of the egress gateway to each host. Default: 100.",
            ),
        consecutive5xxErrors: count
            .exactOptional()
            .describe(
                "Consecutive failures, of requests or of connections, after which a host is ejected, as in Istio's `outlierDetection`. Default: 5.",
            ),
        baseEjectionTime: duration
            .exactOptional()
            .describe("The duration of the first ejection. Default: 30s."),
    })
    .meta({
        id: "ExternalCircuitBreaker",
        description: "The circuit circuitBreaker of external hosts: connection limit and outlier detection.",
    });

export const externalGroup = z
    .strictObject({
        summary: prose.describe("Its purpose, in one sentence."),
        hosts: nonEmptyList(externalHost, "its hosts").describe("The hosts; at least one."),
        network: networkName
            .exactOptional()
            .describe(
                "The network of its hosts' addresses. `internet`: public addresses. Any other name is a key of the stack's `egress.networks`, which lists private address ranges, such as those of databases in the VPC. Default: internet. Required for hosts of AWS's managed databases.",
            ),
        circuitBreaker: externalCircuitBreaker
            .exactOptional()
            .describe("The circuit breaker. Default: an `ExternalCircuitBreaker` with its defaults."),
        timeout: duration
            .exactOptional()
            .describe(
                "The timeout for establishing a connection and, where the mesh sees requests, for each request. Default: 10s.",
            ),
        rateLimit: rate
            .exactOptional()
            .describe(
                "The rate limit of one replica of the egress gateway for each host: on requests where the mesh sees requests, otherwise on connections. Default: no limit.",
            ),
    })
    .meta({
        id: "ExternalGroup",
        description: "The hosts of one external service, which share one policy.",
    });
