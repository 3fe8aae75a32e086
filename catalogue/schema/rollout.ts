/** How a new version of a service reaches its users, and by what it is judged on the way. */
import { z } from "zod";
import { path } from "./ports";
import { isNot, reference, some, text } from "./text";

/** More would be a load test, which is not for every rollout. */
const MAX_PER_SECOND = 100;
const PER_SECOND = isNot("a rate", `Use a whole number from 1 to ${MAX_PER_SECOND}.`);

const STEP = isNot(
    "a percentage between none and all",
    "Use whole percentages from 1 to 99: [5, 10, 25, 50].",
);
const PERCENT = isNot("a percentage above 0", "Use a number above 0 and up to 100, such as 1.");

/**
 * Business metrics that a new version must not degrade. What a service must count for one is in docs/delivery.md.
 * - `stream-start`: the share of requested streams that start.
 * - `rebuffer`: the share of the time watched that a player waits.
 * - `alert-delivery`: how long an alert takes to reach its recipient.
 * - `login`: the share of legitimate logins that succeed.
 * - `payment`: the share of legitimate charges that succeed.
 */
export const kpi = z.enum(["stream-start", "rebuffer", "alert-delivery", "login", "payment"]);

export const load = z
    .strictObject({
        path: path.describe('A path that a GET of the port covers, such as "/v1/integrations".'),
        perSecond: z
            .int()
            .min(1, PER_SECOND)
            .max(MAX_PER_SECOND, PER_SECOND)
            .describe(`Requests a second, up to ${MAX_PER_SECOND}.`),
    })
    .meta({
        id: "Load",
        description:
            "Reads that change nothing, of an HTTP port. They count like those of users, in the business metrics too.",
    });

/** The same for every strategy. */
const common = {
    port: reference
        .exactOptional()
        .describe(
            "The port whose requests are split; the requests of the others follow at the promotion. Default: the first by name on which the mesh sees requests.",
        ),
    approval: z
        .boolean()
        .exactOptional()
        .describe(
            "Whether an operator must approve before any user gets the version, and again before all do. Default: false.",
        ),
    kpis: z.array(kpi).exactOptional().describe("Business metrics that are watched. Default: none."),
    errorPercent: z
        .number()
        .gt(0, PERCENT)
        .max(100, PERCENT)
        .exactOptional()
        .describe("The percentage of requests that may fail, as callers see it. Default: 1."),
    load: load
        .exactOptional()
        .describe(
            "Additional requests to the new version of a service with little traffic: without metrics it rolls back. Default: none.",
        ),
};

export const progressive = z
    .strictObject({
        strategy: z.literal("progressive"),
        steps: some(z.int().min(1, STEP).max(99, STEP), "percentages")
            .exactOptional()
            .describe("Percent of the requests, each more than the one before. Default: 5, 10, 25, 50."),
        ...common,
    })
    .meta({ id: "Progressive", description: "A growing share of all requests, step by step." });

export const blueGreen = z
    .strictObject({
        strategy: z.literal("blue-green"),
        mirror: z
            .boolean()
            .exactOptional()
            .describe(
                "Whether the new version meanwhile gets a copy of each idempotent request, whose response is discarded. Default: false.",
            ),
        ...common,
    })
    .meta({ id: "BlueGreen", description: "No requests, until all are switched at once." });

export const abTest = z
    .strictObject({
        strategy: z.literal("ab-test"),
        cookie: z
            .strictObject({
                name: text(/^[\w-]+$/, "a cookie's name", "Use letters, digits, `_` and `-`."),
                value: text(/^[\w.-]+$/, "a cookie's value", "Use letters, digits, `.`, `_` and `-`."),
            })
            .describe("The cookie of the users who get the new version."),
        ...common,
    })
    .meta({ id: "AbTest", description: "The requests that carry a cookie." });

export const rollout = z.discriminatedUnion("strategy", [progressive, blueGreen, abTest]);
