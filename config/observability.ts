/** What a stack says of how it is watched: which tenants are told apart, and where Prometheus comes from. */
import { z } from "zod";
import { imageReference } from "./images";

const tenant = z
    .string()
    .max(63)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a tenant's id of letters, digits, `.`, `_`, `-`")
    .refine((id) => id !== "other" && id !== "none", {
        message: "stands for all tenants that are not listed, or for requests of none",
    });

const days = z.string().regex(/^\d+[hd]$/, "must be a time such as 6h or 15d");

const prometheus = z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("nowhere") }),
    z
        .strictObject({
            from: z.literal("image"),
            image: imageReference,
            retention: days.default("6h"),
        })
        .describe("one pod, which loses what it knows when it goes"),
    z
        .strictObject({
            from: z.literal("chart"),
            retention: days.default("15d"),
            storage: z
                .string()
                .regex(/^\d+[GT]i$/, "must be a size such as 50Gi")
                .default("50Gi")
                .describe("of the volume of each replica"),
            replicas: z.int().min(1).max(3).default(2),
        })
        .describe("kube-prometheus-stack: the operator, Prometheus, and Grafana beside it"),
]);

/** Where proxies send spans: OTLP over gRPC, to a Service of the monitoring namespace. */
const collector = z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("nowhere") }).describe("nothing is traced"),
    z
        .strictObject({ from: z.literal("chart") })
        .describe("Jaeger, by its chart: one pod, which keeps the last 20,000 traces in memory"),
    z
        .strictObject({
            from: z.literal("stand-in"),
            spans: z.int().min(100).max(20_000).default(20_000).describe("how many of the last it keeps"),
        })
        .describe("one pod of the stand-ins' image, which loses what it knows when it goes"),
    z
        .strictObject({
            from: z.literal("service"),
            name: z
                .string()
                .regex(
                    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
                    "must be a Service's name such as jaeger-collector",
                )
                .describe("of a Service in `monitoring`, before pods with it as `sparc.dev/service`"),
            port: z.int().min(1).max(65535).default(4317),
            calls: z
                .array(
                    z
                        .string()
                        .regex(
                            /^[a-z0-9-]+\/[a-z0-9.-]+$/,
                            "must be <namespace>/<host>, as a Sidecar has it",
                        ),
                )
                .default([])
                .describe("the hosts that its pods call, such as the store in which they keep spans"),
        })
        .describe("pods that somebody else runs there, such as Jaeger's"),
]);

const tracing = z.strictObject({
    collector: collector.default({ from: "nowhere" }),
    tenants: z
        .record(
            tenant,
            z
                .number()
                .gt(0)
                .max(100)
                .refine((percent) => Number.isInteger(Number((percent * 100).toFixed(6))), {
                    message: "must have at most two decimals: Envoy counts in hundredths of a percent",
                }),
        )
        .refine((shares) => Object.keys(shares).length <= 50, { message: "must be at most 50 tenants" })
        .default({})
        .describe(
            "what share of a tenant's requests is traced at least, in percent, where the service's is less",
        ),
});

export const telemetry = z.strictObject({
    tenants: z
        .array(tenant)
        .max(50)
        .default([])
        .describe("tenants whose requests are counted apart; of all others together"),
    tracing: tracing.prefault({}),
});

export const observability = z.strictObject({
    prometheus: prometheus.default({ from: "nowhere" }),
});
