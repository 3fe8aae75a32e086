/** The edges of the call graph. */
import { z } from "zod";
import { grpcMethod, request } from "./ports";
import { isNot, reference } from "./text";
import { timeout } from "./time";

const MAX_RETRIES = 5;
const RETRIES = isNot(`a number of retries`, `Use a whole number from 0 to ${MAX_RETRIES}.`);

/** Which operations of a port are meant. Which of the two keys applies follows from the port's protocol. */
export const operations = {
    requests: z
        .array(request)
        .exactOptional()
        .describe("HTTP: the requests, each one that the port answers."),
    methods: z
        .array(grpcMethod)
        .exactOptional()
        .describe("gRPC: the methods, each one that the port's service has."),
};

export const asked = z.strictObject(operations);

export const call = z
    .strictObject({
        to: reference.describe("The service that is called."),
        port: reference.describe("The name of a port of `to`."),
        ...operations,
        timeout: timeout.describe(
            "How long the caller waits, all attempts together; `stream` for a call that lives as long as its caller's own.",
        ),
        idempotent: z
            .boolean()
            .describe("Whether a repeated call does no harm. Only then can the mesh retry it."),
        retries: z
            .int()
            .min(0, RETRIES)
            .max(MAX_RETRIES, RETRIES)
            .exactOptional()
            .describe(
                "How often the mesh retries, within the timeout. Default: 1 if idempotent and not a stream, otherwise 0.",
            ),
        optional: z
            .boolean()
            .exactOptional()
            .describe("The caller still works, with less function, when this call fails. Default: false."),
        assertsTenant: z
            .boolean()
            .exactOptional()
            .describe(
                "The caller names a tenant without the tenant's token, as jobs, webhooks and devices do. The port of `to` must have the `tenantContext` `service`. Default: false.",
            ),
    })
    .meta({ id: "Call", description: "One edge of the call graph: this service calls `to` on `port`." });
