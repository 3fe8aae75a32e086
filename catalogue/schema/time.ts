/** Times and rates. */
import { z } from "zod";
import { count, text } from "./text";

/** A time as Istio and Go write it: `250ms`, `2s`, `5m`, `1h`. Longer than zero. */
export type Duration = `${number}${"ms" | "s" | "m" | "h"}`;

const TIME = String.raw`(?=.*[1-9])\d+(\.\d+)?(ms|s|m|h)`;
const REMEDY = "Write a number above zero and its unit, such as 250ms, 2s, 5m or 1h";

export const duration = text<Duration>(new RegExp(`^${TIME}$`), "a duration above zero", `${REMEDY}.`);

/** How long somebody waits: a time, or `stream` for what lives as long as both ends want. */
export const timeout = text<Duration | "stream">(
    new RegExp(`^(stream|${TIME})$`),
    "a duration above zero",
    `${REMEDY}; or "stream".`,
);

export const rate = z
    .strictObject({
        requests: count.describe("How many requests."),
        per: z.enum(["second", "minute", "hour", "day"]).describe("In which time."),
    })
    .meta({ id: "Rate", description: "A number of requests in a unit of time." });
