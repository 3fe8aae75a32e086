/** Retries and connection settings, in words. */
import { keptByObject } from "../world/kept";
import { type Settings, oneLine } from "./destination-rule";
import type { Found } from "./virtual-service";

type Route = Extract<Found, { kind: "route" }>;

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

export const settingsText = keptByObject(({ connectionPool, outlierDetection, loadBalancer }: Settings) => {
    const parts = [
        ...(connectionPool === undefined ? [] : [`breaker: ${oneLine(connectionPool)}`]),
        ...(outlierDetection === undefined ? [] : [`outlier ejection: ${oneLine(outlierDetection)}`]),
        ...(loadBalancer === undefined ? [] : [`load balancing: ${oneLine(loadBalancer)}`]),
    ];
    return parts.length === 0 ? "says nothing of connections" : parts.join("; ");
});
