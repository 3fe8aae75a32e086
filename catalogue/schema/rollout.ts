/** How a new version of a service is rolled out, and which metrics it must pass. */
import { z } from "zod";
import { path } from "./ports";
import { isNot, reference, nonEmptyList, text } from "./text";

/** Enough for metrics; more would be a load test. */
const MAX_PER_SECOND = 100;
const PER_SECOND = isNot("a rate within the limit", `Use a whole number from 1 to ${MAX_PER_SECOND}.`);

const STEP = isNot("a percentage from 1 to 99", "Use whole percentages from 1 to 99: [5, 10, 25, 50].");
const PERCENT = isNot("a percentage above 0", "Use a number above 0 and up to 100, such as 1.");

/**
 * Business metrics that a new version must not degrade. docs/reference/progressive-delivery.md specifies the metrics that services must expose.
 * - `stream-start`: the share of requested streams that start.
 * - `rebuffer`: the share of playback time spent rebuffering.
 * - `alert-delivery`: the time from an alert to its delivery.
 * - `login`: the share of legitimate logins that succeed.
 * - `payment`: the share of legitimate charges that succeed.
 */
export const kpi = z.enum(["stream-start", "rebuffer", "alert-delivery", "login", "payment"]);

export const load = z
    .strictObject({
        path: path.describe('The path of a GET request that the port offers, such as "/v1/integrations".'),
        perSecond: z
            .int()
            .min(1, PER_SECOND)
            .max(MAX_PER_SECOND, PER_SECOND)
            .describe(`Requests per second, up to ${MAX_PER_SECOND}.`),
    })
    .meta({
        id: "Load",
        description:
            "Synthetic GET requests to an HTTP port. They count like users' requests, in the business metrics too.",
    });

/** The fields of every strategy. */
const common = {
    port: reference
        .exactOptional()
        .describe(
            "The port whose traffic is split; the other ports switch at promotion. Default: the first port by name on which the mesh sees requests.",
        ),
    approval: z
        .boolean()
        .exactOptional()
        .describe(
            "Whether an operator must approve a new version before its first user request, and again before its promotion. Default: false.",
        ),
    kpis: z.array(kpi).exactOptional().describe("The business metrics to check. Default: none."),
    errorPercent: z
        .number()
        .gt(0, PERCENT)
        .max(100, PERCENT)
        .exactOptional()
        .describe("The maximum error rate, in percent of requests, as measured by callers. Default: 1."),
    load: load
        .exactOptional()
        .describe(
            "Synthetic load on the new version of a low-traffic service, which rolls back without metrics. Default: none.",
        ),
};

export const progressive = z
    .strictObject({
        strategy: z.literal("progressive"),
        stepWeights: nonEmptyList(z.int().min(1, STEP).max(99, STEP), "percentages")
            .exactOptional()
            .describe(
                "The traffic weights of the new version in percent, in ascending order. Default: 5, 10, 25, 50.",
            ),
        ...common,
    })
    .meta({
        id: "Progressive",
        description: "A canary release: the new version gets a growing share of all requests, step by step.",
    });

export const blueGreen = z
    .strictObject({
        strategy: z.literal("blue-green"),
        mirror: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether idempotent requests are mirrored to the new version before the switch; its responses are discarded. Default: false.",
            ),
        ...common,
    })
    .meta({
        id: "BlueGreen",
        description: "A blue/green release: all requests switch to the new version at once.",
    });

export const abTest = z
    .strictObject({
        strategy: z.literal("ab-test"),
        cookie: z
            .strictObject({
                name: text(/^[\w-]+$/, "a cookie name", "Use letters, digits, `_` and `-`."),
                value: text(/^[\w.-]+$/, "a cookie value", "Use letters, digits, `.`, `_` and `-`."),
            })
            .describe("The cookie that routes users to the new version."),
        ...common,
    })
    .meta({
        id: "AbTest",
        description: "An A/B test: the new version gets the requests with a given cookie.",
    });

export const rollout = z.discriminatedUnion("strategy", [progressive, blueGreen, abTest]);
