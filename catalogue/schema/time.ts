/** Times and rates. */
import { z } from "zod";
import { count, text } from "./text";

/** A duration above zero in the notation of Istio and Go: `250ms`, `2s`, `5m`, `1h`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h"}`;

const TIME = String.raw`(?=.*[1-9])\d+(\.\d+)?(ms|s|m|h)`;
const REMEDY = "Write a number above zero with its unit, such as 250ms, 2s, 5m or 1h";

export const duration = text<Duration>(new RegExp(`^${TIME}$`), "a duration above zero", `${REMEDY}.`);

/** A timeout: a duration, or `stream` for a call that lives until either end closes it. */
export const timeout = text<Duration | "stream">(
    new RegExp(`^(stream|${TIME})$`),
    "a duration above zero",
    `${REMEDY}; or "stream".`,
);

export const rate = z
    .strictObject({
        requests: count.describe("The number of requests."),
        per: z.enum(["second", "minute", "hour", "day"]).describe("The unit of time."),
    })
    .meta({ id: "Rate", description: "A number of requests in a unit of time." });
