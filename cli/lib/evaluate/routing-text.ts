/** Retries and connection settings as text. */
import { memoizeByObject } from "../snapshot/memo";
import { type Settings, oneLine } from "./destination-rule";
import type { RouteResult } from "./virtual-service";

type Route = Extract<RouteResult, { kind: "route" }>;

export function retriesText({
    attempts = 0,
    perTryTimeout,
    retryOn,
    backoff,
}: NonNullable<NonNullable<Route["http"]>["retries"]>): string {
    if (attempts === 0) return "none";
    return [
        `up to ${attempts}`,
        ...(perTryTimeout === undefined ? [] : [`each within ${perTryTimeout}`]),
        ...(backoff === undefined ? [] : [`back-off from ${backoff}`]),
        ...(retryOn === undefined ? [] : [`on ${retryOn}`]),
    ].join(", ");
}

export const settingsText = memoizeByObject(
    ({ connectionPool, outlierDetection, loadBalancer }: Settings) => {
        const parts = [
            ...(connectionPool === undefined ? [] : [`circuit breaker: ${oneLine(connectionPool)}`]),
            ...(outlierDetection === undefined ? [] : [`outlier detection: ${oneLine(outlierDetection)}`]),
            ...(loadBalancer === undefined ? [] : [`load balancing: ${oneLine(loadBalancer)}`]),
        ];
        return parts.length === 0 ? "no connection limits" : parts.join("; ");
    },
);
