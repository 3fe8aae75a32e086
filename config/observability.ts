/** What a stack says of how it is watched: which tenants are told apart, and where Prometheus comes from. */
import { z } from "zod";

const tenant = z
    .string()
    .max(63)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a tenant's id of letters, digits, `.`, `_`, `-`")
    .refine((id) => id !== "other" && id !== "none", {
        message: "stands for all tenants that are not listed, or for requests of none",
    });

const image = z.string().min(1);
const days = z.string().regex(/^\d+[hd]$/, "must be a time such as 6h or 15d");

const prometheus = z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("nowhere") }),
    z
        .strictObject({
            from: z.literal("image"),
            image,
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

export const telemetry = z.strictObject({
    tenants: z
        .array(tenant)
        .max(50)
        .default([])
        .describe("tenants whose requests are counted apart; of all others together"),
});

export const observability = z.strictObject({
    prometheus: prometheus.default({ from: "nowhere" }),
});
