/** One service of the platform. */
import { z } from "zod";
import { call } from "./calls";
import { exposure } from "./exposures";
import { path, port } from "./ports";
import { rollout } from "./rollout";
import { count, isNot, prose, reference, text } from "./text";
import { duration } from "./time";

export const tier = z.enum(["critical", "standard", "background"]);

const headerName = text(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "a header name in lower case",
    "Write the name of the header that holds the key, such as x-stream-id.",
);

const roundRobin = z
    .strictObject({ policy: z.literal("round-robin") })
    .meta({ id: "RoundRobin", description: "Each replica in turn." });

const leastRequest = z.strictObject({ policy: z.literal("least-request") }).meta({
    id: "LeastRequest",
    description:
        "The one of two random replicas with fewer active requests, for requests of very different cost.",
});

const consistentHash = z
    .strictObject({
        policy: z.literal("consistent-hash"),
        header: headerName.describe("The request header that holds the key: `x-stream-id`."),
        path: path
            .exactOptional()
            .describe(
                "A path with the key, at `{key}`, for external clients, which do not set the header. Default: none.",
            ),
    })
    .meta({
        id: "ConsistentHash",
        description: "The same replica for the same key, for warm caches.",
    });

export const loadBalancing = z.discriminatedUnion("policy", [roundRobin, leastRequest, consistentHash]);

const cpu = text(
    /^(\d+m|\d+(\.\d{1,3})?)$/,
    "a CPU quantity",
    "Write a Kubernetes quantity, such as 100m or 2.",
);
const memory = text(
    /^\d+(\.\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$/,
    "a memory quantity",
    "Write a Kubernetes quantity, such as 128Mi or 1Gi.",
);

export const resources = z
    .strictObject({
        cpu: cpu.describe("The CPU request."),
        memory: memory.describe("The memory request."),
        cpuLimit: cpu.describe("The CPU limit."),
        memoryLimit: memory.describe("The memory limit."),
    })
    .meta({
        id: "Resources",
        description: "A container's resource requests and limits, as Kubernetes quantities.",
    });

export const awsAccess = z
    .strictObject({
        podIdentity: z
            .boolean()
            .describe(
                "Whether it can reach its node's EKS Pod Identity Agent (169.254.170.23:80), which returns credentials for the IAM role of its service account.",
            ),
    })
    .meta({ id: "AwsAccess", description: "How a service gets AWS credentials." });

const SAMPLING = isNot("a percentage", "Use a number from 0 to 100 with at most two decimals.");
const AVAILABILITY = isNot(
    "an availability in percent",
    "Use a percentage above 0 and below 100, such as 99.9.",
);

export const service = z
    .strictObject({
        domain: prose.describe("The part of the platform that it belongs to, for information and grouping."),
        summary: prose.describe("What it does, in one sentence."),
        tier: tier.describe(
            "How much the platform depends on it. `critical`: tenants notice an outage within a minute. `standard`: an outage disables a feature, not the platform. `background`: an outage only delays work.",
        ),
        ports: z
            .record(z.string(), port)
            .describe(
                "The ports, by name. Empty for a worker, such as a consumer of events, or a job: it has an identity and calls others, but no Service, so that nothing can call it.",
            ),
        peers: z
            .array(reference)
            .exactOptional()
            .describe(
                "The TCP ports, by name, on which its replicas call each other: at `<service>-peers`, which resolves to all replicas, at the service itself, and, only if they are pods of a StatefulSet whose `serviceName` is `<service>-peers`, at `<pod>.<service>-peers`. Default: none.",
            ),
        exposures: z
            .array(exposure)
            .exactOptional()
            .describe("How it is reachable from outside the mesh. Default: not at all."),
        calls: z
            .array(call)
            .exactOptional()
            .describe("The calls that it makes to other services. Default: none."),
        stores: z
            .array(reference)
            .exactOptional()
            .describe("The stores that it uses, by name. Default: none."),
        external: z
            .array(reference)
            .exactOptional()
            .describe("The external groups that it uses, by name. Default: none."),
        aws: awsAccess.exactOptional().describe("How it gets AWS credentials. Default: not at all."),
        storesTenantData: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether it stores tenants' data beyond the current request: users, video, events, payments. Default: false.",
            ),
        minReplicas: count
            .exactOptional()
            .describe(
                "The minimum number of replicas in production. Default: 3 for a critical service, otherwise 2.",
            ),
        sidecar: resources
            .exactOptional()
            .describe("Resource requests and limits of its sidecar. Default: the stack's `sidecar`."),
        concurrency: count
            .exactOptional()
            .describe(
                "How many concurrent requests, streams and connections one replica can handle before it slows down (not Istio's `concurrency`, which counts the proxy's threads). Default: 100.",
            ),
        maxReplicas: count
            .exactOptional()
            .describe(
                "The maximum number of replicas. With `concurrency`, it sizes callers' circuit breakers. Default: `minReplicas`.",
            ),
        loadBalancing: loadBalancing
            .exactOptional()
            .describe("How callers choose among its replicas. Default: round-robin."),
        rollout: rollout
            .exactOptional()
            .describe("How new versions are rolled out. Default: progressive, where the mesh sees requests."),
        latencyThreshold: duration
            .exactOptional()
            .describe(
                "The latency, up to the first byte of the response, above which a request counts as slow. Slow requests are logged, and an alert fires if the p99 exceeds the threshold. Default: 200ms.",
            ),
        sampling: z
            .number()
            .min(0, SAMPLING)
            .max(100, SAMPLING)
            // Envoy's granularity is a hundredth of a percent.
            .refine((percent) => Number.isInteger(Number((percent * 100).toFixed(6))), SAMPLING)
            .exactOptional()
            .describe(
                "The sampling percentage of traces that start here: with a request to an exposure, or with a call that the service makes without an incoming request. 0 disables sampling. Default: 10.",
            ),
        availability: z
            .number()
            .gt(0, AVAILABILITY)
            .lt(100, AVAILABILITY)
            .exactOptional()
            .describe(
                "The availability objective (SLO) over a month, in percent of calls. Default: 99.9 for a critical service, 99.5 for a standard one, 99 for a background one.",
            ),
    })
    .meta({
        id: "Service",
        description: "One service of the platform. Its name is its key in the catalogue.",
    });
