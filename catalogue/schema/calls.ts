/** The edges of the call graph. */
import { z } from "zod";
import { grpcMethod, request } from "./ports";
import { isNot, nonEmptyList, reference } from "./text";
import { duration, timeout } from "./time";

const MAX_RETRIES = 5;
const RETRIES = isNot(`a valid number of retries`, `Use a whole number from 0 to ${MAX_RETRIES}.`);

/** The operations of a port. Which of the two keys applies depends on the port's protocol. */
export const operations = {
    requests: z.array(request).exactOptional().describe("HTTP: the requests, each offered by the port."),
    methods: z
        .array(grpcMethod)
        .exactOptional()
        .describe("gRPC: the methods, each offered by the port's service."),
};

/** Envoy's conditions that concern a request which has not been answered, or was answered with an error. */
export const RETRY_CONDITIONS = [
    "connect-failure",
    "refused-stream",
    "reset",
    "gateway-error",
    "5xx",
    "retriable-4xx",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
] as const;

export const operationSet = z.strictObject(operations);

export const call = z
    .strictObject({
        to: reference.describe("The service that is called."),
        port: reference.describe("The name of a port of `to`."),
        ...operations,
        timeout: timeout.describe(
            "The timeout for all attempts together; `stream` for a call that lives as long as its caller's call.",
        ),
        idempotent: z
            .boolean()
            .describe("Whether a repeated call is harmless. The mesh retries idempotent calls only."),
        retries: z
            .int()
            .min(0, RETRIES)
            .max(MAX_RETRIES, RETRIES)
            .exactOptional()
            .describe(
                "How often the mesh retries the call, within the timeout. Default: 1 if idempotent and not a stream, otherwise 0.",
            ),
        retryOn: nonEmptyList(z.enum(RETRY_CONDITIONS), "the conditions")
            .exactOptional()
            .describe(
                "The conditions under which the mesh retries, as in Istio's `retryOn`. HTTP: all but the gRPC ones; gRPC: `connect-failure`, `refused-stream`, `reset` and the gRPC ones (`cancelled` to `unavailable`). Default: `connect-failure`, `refused-stream`, `reset`, and for HTTP `gateway-error`, for gRPC `unavailable`.",
            ),
        perTryTimeout: duration
            .exactOptional()
            .describe(
                "The timeout of each attempt, below `timeout`, so that a replica that hangs leaves time for another. Default: none; a slow first attempt can use the whole timeout.",
            ),
        optional: z
            .boolean()
            .exactOptional()
            .describe(
                "A soft dependency: the caller still works, in degraded form, if this call fails. Default: false.",
            ),
        assertsTenant: z
            .boolean()
            .exactOptional()
            .describe(
                "The caller names a tenant without the tenant's token, as jobs, webhooks and devices do. The port of `to` must have `tenantContext: service`. Default: false.",
            ),
    })
    .meta({ id: "Call", description: "One edge of the call graph: this service calls `to` on `port`." });
