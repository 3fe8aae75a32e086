import { MIN_TOLERANCE_MS } from "../judge";
import type { Finding } from "../model";

/**
 * By how many milliseconds a timeout of the same layer may be late: what the slowest answer took to which no callee was told to wait.
 * Such requests are in flight beside the slow ones, so that a busy machine delays both alike.
 */
export function toleranceOf(findings: readonly Finding[]): number {
    const undelayed = findings.filter(
        ({ check, result }) => check.behaviour?.kind !== "is-slow" && result.outcome === "answered",
    );
    return Math.max(MIN_TOLERANCE_MS, ...undelayed.map(({ result }) => MIN_TOLERANCE_MS + result.ms));
}
