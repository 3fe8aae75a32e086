/** How a stack rolls new versions out. What is rolled out how is the catalogue's. */
import { z } from "zod";
import { imageReference } from "./images";

const duration = z
    .string()
    .regex(/^\d+(ms|s|m)$/, "must be a time such as 30s or 1m")
    .refine((text) => Number.parseInt(text, 10) > 0, "must be longer than nothing");

const charts = z.discriminatedUnion("from", [
    z.strictObject({
        from: z.literal("registry"),
        repository: z.string().startsWith("oci://").default("oci://ghcr.io/fluxcd/charts"),
    }),
    z.strictObject({
        from: z.literal("folder"),
        path: z.string().min(1).describe("a folder that holds flagger/ and loadtester/"),
    }),
]);

const receiver = z.strictObject({
    service: z.string().min(1).describe("of the catalogue"),
    port: z.string().min(1).default("http").describe("its port's name; one that speaks HTTP"),
    path: z
        .string()
        .regex(/^(\/[\w.~-]+)+$/, "must be a path such as /internal/rollouts")
        .describe("to which each event is posted"),
});

export const delivery = z.strictObject({
    enabled: z.boolean().default(false).describe("Flagger rolls new versions out, as the catalogue says"),
    services: z
        .array(z.string())
        .optional()
        .describe("those that it rolls out; every one on which the mesh sees requests, where absent"),
    charts: charts.default({ from: "registry", repository: "oci://ghcr.io/fluxcd/charts" }),
    image: imageReference.optional().describe("Flagger's; its chart's own where absent"),
    loadTesterImage: imageReference.optional(),
    interval: duration
        .refine(
            (text) => text.endsWith("m") || (!text.endsWith("ms") && Number.parseInt(text, 10) >= 10),
            "Flagger looks every 10s at most",
        )
        .default("1m")
        .describe("between two looks at a new version, and so between two steps"),
    window: duration.default("1m").describe("over which its figures are taken"),
    failures: z
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe("looks that may go wrong before the old version is back"),
    receiver: receiver
        .optional()
        .describe(
            "a service that is told what becomes of rollouts, and which of them wait; nobody where absent",
        ),
});
