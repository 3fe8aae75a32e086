/** Retries of `service-router`. */
import { CONDITIONS_OF_PROTOCOL } from "../../../../catalogue/attempts";
import type { ObjectFields } from "../../fields";
import { listAt, numberAt, textsAt, valueAt } from "../data";

const HTTP_CONDITIONS = CONDITIONS_OF_PROTOCOL.http;
export type RetryCondition = (typeof HTTP_CONDITIONS)[number];

/** The catalogue's limit. */
const MAX_RETRIES = 5;
/** Envoy's, if a route sets conditions only (`num_retries` of config.route.v3.RetryPolicy). */
const DEFAULT_RETRIES = 1;

/** Status codes of conditions (Envoy's router filter, x-envoy-retry-on). */
const GATEWAY_ERRORS: readonly number[] = [502, 503, 504];
const RETRIABLE_4XX = 409;

export interface RouteRetries {
    readonly retries: number;
    /** Those of Consul that the catalogue has. Empty: the mesh's default. */
    readonly retryOn: readonly RetryCondition[];
    /** What Consul retries on, and the call does not, or the other way round. */
    readonly differences: readonly string[];
}

/** The retries of requests that a route matches, on an HTTP port. */
export function retriesOf(destination: unknown): RouteRetries {
    const named = [
        ...textsAt(destination, "RetryOn"),
        ...(valueAt(destination, "RetryOnConnectFailure") === true ? ["connect-failure"] : []),
    ];
    const codes = listAt(destination, "RetryOnStatusCodes").filter((code) => typeof code === "number");
    const gatewayErrors = GATEWAY_ERRORS.filter((code) => codes.includes(code));
    const known = new Set([
        ...named,
        ...(gatewayErrors.length > 0 ? ["gateway-error"] : []),
        ...(codes.includes(RETRIABLE_4XX) ? ["retriable-4xx"] : []),
    ]);
    const retryOn = HTTP_CONDITIONS.filter((condition) => known.has(condition));
    const isExact = gatewayErrors.length === 0 || gatewayErrors.length === GATEWAY_ERRORS.length;
    const unknown = [
        ...named.filter((condition) => !HTTP_CONDITIONS.some((one) => one === condition)),
        ...codes.filter((code) => !GATEWAY_ERRORS.includes(code) && code !== RETRIABLE_4XX).map(String),
    ];
    const hasConditions = named.length > 0 || codes.length > 0;
    const count = numberAt(destination, "NumRetries") || (hasConditions ? DEFAULT_RETRIES : 0);
    return {
        retries: Math.min(MAX_RETRIES, count),
        retryOn,
        differences: [
            ...(isExact || known.has("5xx")
                ? []
                : [
                      `gateway-error is ${GATEWAY_ERRORS.join(", ")}, Consul retries on ${gatewayErrors.join(", ")}`,
                  ]),
            ...(unknown.length > 0 ? [`the draft does not retry on ${unknown.join(", ")}`] : []),
            ...(retryOn.length === 0 ? ["the mesh retries on its default conditions"] : []),
        ],
    };
}

/** @param retried the calls of the draft that have the route's retries */
export function describeRetries(
    router: ObjectFields,
    path: string,
    retried: readonly string[],
    destination: unknown,
): void {
    const number = `${path}.Destination.NumRetries`;
    const conditions = ["RetryOnConnectFailure", "RetryOnStatusCodes", "RetryOn"].map(
        (key) => `${path}.Destination.${key}`,
    );
    if (retried.length === 0) {
        router.add(
            [number, ...conditions],
            "by-hand",
            "The mesh retries idempotent calls only. Set idempotent, retries and retryOn of the calls whose repetition is harmless.",
        );
        return;
    }
    const calls = retried.join(", ");
    const isOverLimit = numberAt(destination, "NumRetries") > MAX_RETRIES;
    const isUnconditional = !conditions.some((one) => router.has(one));
    const notes = [
        ...(isOverLimit ? [`at most ${MAX_RETRIES}`] : []),
        ...(isUnconditional
            ? ["on the mesh's default conditions: the route has none, so that Consul never retries"]
            : []),
    ];
    router.add(
        number,
        notes.length > 0 ? "difference" : "translated",
        [`The retries of ${calls}`, ...notes].join(", "),
    );
    const { differences } = retriesOf(destination);
    router.add(
        conditions,
        differences.length > 0 ? "difference" : "translated",
        [`The retryOn of ${calls}`, ...differences].join("; "),
    );
}
