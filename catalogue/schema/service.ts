/** One service of the platform. */
import { z } from "zod";
import { call } from "./calls";
import { exposure } from "./exposures";
import { path, port, ports } from "./ports";
import { rollout } from "./rollout";
import { count, isNot, prose, reference, text } from "./text";
import { duration } from "./time";

export const tier = z.enum(["critical", "standard", "background"]);

const headerName = text(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "a header's name in lower case",
    "Name the header that holds the key, such as x-stream-id.",
);

const roundRobin = z
    .strictObject({ policy: z.literal("round-robin") })
    .meta({ id: "RoundRobin", description: "Each replica in turn." });

const leastRequest = z.strictObject({ policy: z.literal("least-request") }).meta({
    id: "LeastRequest",
    description:
        "Of two replicas at random, the one with fewer active requests: for requests of very different cost.",
});

const consistentHash = z
    .strictObject({
        policy: z.literal("consistent-hash"),
        header: headerName.describe("The request header that holds the key: `x-stream-id`."),
        path: path
            .exactOptional()
            .describe(
                "For clients outside, which set no header: the key's place in a path, at `{key}`. Default: none.",
            ),
    })
    .meta({
        id: "ConsistentHash",
        description: "The same replica for the same key, so that its cache is warm.",
    });

export const loadBalancing = z.discriminatedUnion("policy", [roundRobin, leastRequest, consistentHash]);

const cpu = text(/^(\d+m|\d+(\.\d{1,3})?)$/, "a quantity of CPU", "Write it as Kubernetes does: 100m or 2.");
const memory = text(
    /^\d+(\.\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$/,
    "a quantity of memory",
    "Write it as Kubernetes does: 128Mi or 1Gi.",
);

export const resources = z
    .strictObject({
        cpu: cpu.describe("The request."),
        memory: memory.describe("The request."),
        cpuLimit: cpu.describe("The limit."),
        memoryLimit: memory.describe("The limit."),
    })
    .meta({ id: "Resources", description: "A container's requests and limits, as Kubernetes writes them." });

export const awsAccess = z
    .strictObject({
        podIdentity: z
            .boolean()
            .describe(
                "It reaches the EKS Pod Identity agent of its node (169.254.170.23:80), which gives it the credentials of its own account's role.",
            ),
    })
    .meta({ id: "AwsAccess", description: "How a service gets credentials for AWS." });

const SAMPLING = isNot("a percentage", "Use a number from 0 to 100 with at most two decimals.");
const AVAILABILITY = isNot("an availability", "Use a percentage above 0 and below 100, such as 99.9.");

export const service = z
    .strictObject({
        domain: prose.describe("The part of the platform that it belongs to, for people and for grouping."),
        summary: prose.describe("What it does, in one sentence."),
        tier: tier.describe(
            "How much the platform depends on it. `critical`: tenants notice within a minute when it is gone. `standard`: a feature is gone, the platform is not. `background`: work is late, nobody is blocked.",
        ),
        ports: ports(port).describe("By name; at least one."),
        exposures: z
            .array(exposure)
            .exactOptional()
            .describe("Where it is reachable from outside the mesh. Default: nowhere."),
        calls: z.array(call).exactOptional().describe("The calls that it makes. Default: none."),
        stores: z
            .array(reference)
            .exactOptional()
            .describe("The names of stores that it uses. Default: none."),
        external: z
            .array(reference)
            .exactOptional()
            .describe("The names of external groups that it uses. Default: none."),
        aws: awsAccess.exactOptional().describe("How it gets credentials for AWS. Default: not at all."),
        keepsTenantData: z
            .boolean()
            .exactOptional()
            .describe(
                "It stores what belongs to tenants, beyond the current request: their users, video, events, money. Default: false.",
            ),
        minReplicas: count
            .exactOptional()
            .describe("The fewest replicas in production. Default: 2, and 3 for a critical service."),
        sidecar: resources
            .exactOptional()
            .describe("Requests and limits of its sidecar. Default: the stack's `sidecar`."),
        concurrency: count
            .exactOptional()
            .describe(
                "How many requests, streams and sockets one replica has open at the same time before it slows down. Default: 100.",
            ),
        maxReplicas: count
            .exactOptional()
            .describe(
                "The number of replicas up to which it scales: callers may use as much as these can answer. Default: `minReplicas`.",
            ),
        loadBalancing: loadBalancing
            .exactOptional()
            .describe("How callers choose among its replicas. Default: round-robin."),
        rollout: rollout
            .exactOptional()
            .describe("How new versions reach users. Default: progressive, where the mesh sees requests."),
        slowAfter: duration
            .exactOptional()
            .describe(
                "A response that begins later than this is slow: it is logged, and an alert fires if one in a hundred is. Default: 200ms.",
            ),
        sampling: z
            .number()
            .min(0, SAMPLING)
            .max(100, SAMPLING)
            // Envoy counts in hundredths of a percent.
            .refine((percent) => Number.isInteger(Number((percent * 100).toFixed(6))), SAMPLING)
            .exactOptional()
            .describe(
                "The percentage of traces that begin with it and are kept: of requests to its exposures, and of calls that it makes on its own. 0 keeps none. Default: 10.",
            ),
        availability: z
            .number()
            .gt(0, AVAILABILITY)
            .lt(100, AVAILABILITY)
            .exactOptional()
            .describe(
                "The availability objective over a month, in percent of calls. Default: 99.9 for a critical service, 99.5 for a standard one, 99 for a background one.",
            ),
    })
    .meta({
        id: "Service",
        description: "One service of the platform. Its name is its key in the catalogue.",
    });
