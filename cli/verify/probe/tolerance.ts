import { MIN_TOLERANCE_MS } from "../assess";
import type { CheckResult } from "../model";

/**
 * How many milliseconds a timeout may be late: the duration of the slowest undelayed request in the same layer. Those
 * requests run at the same time as the delayed ones, so an overloaded machine slows both equally.
 */
export function toleranceOf(results: readonly CheckResult[]): number {
    const undelayed = results.filter(
        ({ check, result }) => check.behavior?.kind !== "delay" && result.outcome === "answered",
    );
    return Math.max(MIN_TOLERANCE_MS, ...undelayed.map(({ result }) => MIN_TOLERANCE_MS + result.ms));
}
