/**
 * What a stack says of its services' traffic beyond the catalogue: versions side by side, who gets which, copies,
 * rewrites, and faults on purpose. All of it is about services by name; that these exist is checked against the
 * catalogue (`components/traffic/check.ts`).
 */
import { z } from "zod";

const version = z
    .string()
    .regex(
        /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
        "must be the value of a pod's label `version`, such as v2",
    );
const percent = z.number().gt(0).max(100).describe("percent of the requests");
const headerName = z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "must be a header's name in lower case, such as x-variant");
const path = z
    .string()
    .regex(/^(\/[^\s*{}?#/]+)+$/, "must be a literal path without a slash at its end, such as /v2");
const duration = z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s)$/, "must be a time such as 250ms or 2s")
    .refine((text) => Number.parseFloat(text) > 0, "must be longer than nothing");

/** Those to whom a version is shown: all that is said must hold. */
const audience = z
    .strictObject({
        header: z.strictObject({ name: headerName, value: z.string().min(1) }).optional(),
        cookie: z
            .strictObject({
                name: z.string().regex(/^[\w-]+$/, "must be a cookie's name"),
                value: z
                    .string()
                    .regex(/^[\w.-]+$/, "must be a cookie's value of letters, digits, `.`, `_`, `-`"),
            })
            .optional(),
        path: path.optional().describe("and every path below it"),
    })
    .refine(
        ({ header, cookie, path: prefix }) => [header, cookie, prefix].some((part) => part !== undefined),
        {
            message: "must name a header, a cookie or a path: nobody is meant otherwise",
        },
    );

const fault = z
    .strictObject({
        delay: z.strictObject({ percent, time: duration }).optional(),
        abort: z.strictObject({ percent, status: z.int().min(400).max(599) }).optional(),
        removeBy: z.iso
            .datetime({ offset: true })
            .optional()
            .describe(
                "after this time nothing is deployed until the fault is taken out; required where the stack protects what it has",
            ),
    })
    .refine(({ delay, abort }) => delay !== undefined || abort !== undefined, {
        message: "must delay or abort: nothing happens otherwise",
    });

const service = z.strictObject({
    versions: z
        .record(version, z.int().min(0).max(100))
        .refine((shares) => Object.values(shares).reduce((sum, share) => sum + share, 0) === 100, {
            message: "the versions' shares must add up to 100",
        })
        .optional()
        .describe(
            "each version's share of the requests, in percent, for those whom no variant is for; a new version starts with 0, and gets its share when its pods are ready",
        ),
    variants: z
        .array(z.strictObject({ to: version, for: audience }))
        .optional()
        .describe("who always gets a version: the first that fits"),
    mirror: z
        .strictObject({ to: version, percent: percent.default(100) })
        .optional()
        .describe("a version that gets copies of what may be done twice, whose answers nobody waits for"),
    rewrites: z
        .array(z.strictObject({ from: path, to: z.union([path, z.literal("/")]) }))
        .optional()
        .describe("beginnings of paths that the service is asked under another name than callers use"),
    fault: fault
        .optional()
        .describe("failures on purpose, at the service itself, so that callers' retries count"),
});

export const trafficSchema = z.strictObject({
    services: z.record(z.string(), service).default({}).describe("by the service's name in the catalogue"),
});

export type ServiceTraffic = z.infer<typeof service>;
export type Audience = z.infer<typeof audience>;
export type Fault = z.infer<typeof fault>;
