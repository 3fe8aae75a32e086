/** Progressive delivery: the stack's settings. Each service's rollout policy is in the catalogue. */
import { z } from "zod";
import { imageReference } from "./images";

const duration = z
    .string()
    .regex(/^\d+(ms|s|m)$/, "must be a duration such as 30s or 1m")
    .refine((text) => Number.parseInt(text, 10) > 0, "must be greater than zero");

const charts = z.discriminatedUnion("from", [
    z.strictObject({
        from: z.literal("registry"),
        repository: z.string().startsWith("oci://").default("oci://ghcr.io/fluxcd/charts"),
    }),
    z.strictObject({
        from: z.literal("folder"),
        path: z.string().min(1).describe("A folder that contains flagger/ and loadtester/."),
    }),
]);

const receiver = z.strictObject({
    service: z.string().min(1).describe("A service of the catalogue."),
    port: z.string().min(1).default("http").describe("The name of its port, which must speak HTTP."),
    path: z
        .string()
        .regex(/^(\/[\w.~-]+)+$/, "must be a path such as /internal/rollouts")
        .describe("The path to which each event is posted."),
});

export const delivery = z.strictObject({
    enabled: z
        .boolean()
        .default(false)
        .describe("Whether Flagger rolls out new versions, as the catalogue specifies."),
    services: z
        .array(z.string())
        .optional()
        .describe(
            "The services that Flagger rolls out. Default: every service on whose ports the mesh sees requests.",
        ),
    charts: charts.default({ from: "registry", repository: "oci://ghcr.io/fluxcd/charts" }),
    image: imageReference.optional().describe("Flagger's image. Default: the chart's."),
    loadTesterImage: imageReference.optional(),
    interval: duration
        .refine(
            (text) => text.endsWith("m") || (!text.endsWith("ms") && Number.parseInt(text, 10) >= 10),
            "Flagger's minimum interval is 10s",
        )
        .default("1m")
        .describe(
            "The interval between two checks of a canary, which is also that between two traffic steps.",
        ),
    window: duration.default("1m").describe("The time range of the canary metrics."),
    threshold: z
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe("The number of failed checks after which a canary is rolled back."),
    receiver: receiver
        .optional()
        .describe(
            "The service that is notified of rollout events, including those that wait for approval. Default: none.",
        ),
});
