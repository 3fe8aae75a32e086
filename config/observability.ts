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

const prometheus = z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("nowhere") }),
    z
        .strictObject({
            from: z.literal("image"),
            image,
            retention: z
                .string()
                .regex(/^\d+[hd]$/, "must be a time such as 6h or 15d")
                .default("6h"),
        })
        .describe("one pod that keeps what it knows in memory and loses it when it goes"),
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
