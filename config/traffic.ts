/**
 * A stack's traffic settings for single services: weights of concurrent versions, variants, mirroring, rewrites and
 * injected faults. `components/traffic/check.ts` checks that the catalogue has the services.
 */
import { z } from "zod";

const version = z
    .string()
    .regex(
        /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
        "must be the value of a pod's label `version`, such as v2",
    );
const percent = z.number().gt(0).max(100).describe("Percent of the requests.");
const headerName = z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "must be a header's name in lower case, such as x-variant");
const path = z
    .string()
    .regex(/^(\/[^\s*{}?#/]+)+$/, "must be a literal path without a trailing slash, such as /v2");
const duration = z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s)$/, "must be a duration such as 250ms or 2s")
    .refine((text) => Number.parseFloat(text) > 0, "must be greater than zero");

/** The requests that go to a version. All conditions must match. */
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
        path: path.optional().describe("The path, and every path below it."),
    })
    .refine(
        ({ header, cookie, path: prefix }) => [header, cookie, prefix].some((part) => part !== undefined),
        {
            message: "must match on a header, a cookie or a path",
        },
    );

const fault = z
    .strictObject({
        delay: z.strictObject({ percent, fixedDelay: duration }).optional(),
        abort: z.strictObject({ percent, httpStatus: z.int().min(400).max(599) }).optional(),
        removeBy: z.iso
            .datetime({ offset: true })
            .optional()
            .describe(
                "The time after which the stack cannot be deployed until the fault is removed. Required on a protected stack.",
            ),
    })
    .refine(({ delay, abort }) => delay !== undefined || abort !== undefined, {
        message: "must have a delay or an abort",
    });

const service = z.strictObject({
    versions: z
        .record(version, z.int().min(0).max(100))
        .refine((shares) => Object.values(shares).reduce((sum, share) => sum + share, 0) === 100, {
            message: "the versions' weights must add up to 100",
        })
        .optional()
        .describe(
            "The weight of each version in percent, for requests that match no variant. A version that another tool deploys starts with 0 and gets its weight when its pods are ready; routes wait for the pods of Deployments that the program makes.",
        ),
    variants: z
        .array(z.strictObject({ to: version, for: audience }))
        .optional()
        .describe("Requests that always go to a certain version. The first match wins."),
    mirror: z
        .strictObject({ to: version, percent: percent.default(100) })
        .optional()
        .describe("The version that gets copies of idempotent requests. Their responses are discarded."),
    rewrites: z
        .array(z.strictObject({ from: path, to: z.union([path, z.literal("/")]) }))
        .optional()
        .describe("Path prefixes that the service knows by another name than its callers."),
    fault: fault
        .optional()
        .describe("A fault that the service's sidecar injects, so that callers' timeouts and retries apply."),
});

export const trafficSchema = z.strictObject({
    services: z
        .record(z.string(), service)
        .default({})
        .describe("Settings by the service's name in the catalogue."),
});

export type ServiceTraffic = z.infer<typeof service>;
export type Audience = z.infer<typeof audience>;
export type Fault = z.infer<typeof fault>;
