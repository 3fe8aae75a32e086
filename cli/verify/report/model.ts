/** The result of a run. */
import { type Drift, isMismatch } from "../../lib/drift/compare";
import type { Miscount } from "../probe/counters";
import type { ExpectedKind, CheckResult, Layer, Unchecked } from "../model";

export interface VerifyReport {
    /** The context of the cluster. */
    readonly cluster: string;
    readonly results: readonly CheckResult[];
    readonly mismatches: readonly Mismatch[];
    readonly miscounts: readonly (Miscount & { readonly explanations: readonly string[] })[];
    readonly drift: readonly Drift[];
    /** Foreign objects that the user accepts. */
    readonly accepted: readonly Drift[];
    /** Values of `--accept` that match no foreign object. */
    readonly unusedAccepts: readonly string[];
    readonly unchecked: readonly Unchecked[];
    /** The inconclusive results that were retried. */
    readonly retried: readonly CheckResult[];
    /** Probers that could not be removed, with the reason; their containers exit within 30 minutes. */
    readonly stuckProbers: readonly string[];
    /** Milliseconds by which a timeout was allowed to be late; absent if no timeout was tested. */
    readonly toleranceMs?: number;
    readonly seconds: { readonly probers: number; readonly requests: number; readonly total: number };
}

/** A failed check, and what may explain it. */
export interface Mismatch {
    readonly checkResult: CheckResult;
    readonly explanations: readonly string[];
}

/** Whether the mesh differs from the catalogue, or has foreign objects that can widen access. */
export function differs({ mismatches, miscounts, drift }: VerifyReport): boolean {
    return mismatches.length > 0 || miscounts.length > 0 || drift.some(isMismatch);
}

/** The unchecked parts that the user did not exclude. */
export function uncheckedWithoutConsent({ unchecked }: VerifyReport): readonly Unchecked[] {
    return unchecked.filter(({ requested }) => !requested);
}

/** Whether every selected check passed, nothing was left unchecked without consent, and no object drifted. */
export function isProven(report: VerifyReport): boolean {
    return !differs(report) && uncheckedWithoutConsent(report).length === 0;
}

/**
 * 0: verified. 1: a mismatch, or an unchecked part. If nothing could be checked, CannotVerify is thrown and the command
 * exits with 2.
 */
export function exitCode(report: VerifyReport): 0 | 1 {
    return isProven(report) ? 0 : 1;
}

export interface Count {
    readonly layer: Layer;
    readonly expected: ExpectedKind;
    readonly checks: number;
    readonly mismatches: number;
}

/** Counts by layer and expectation, in execution order. */
export function counts(results: readonly CheckResult[]): Count[] {
    const byKey = new Map<string, Count>();
    for (const { check, passed } of results) {
        const { layer, expected } = check;
        const key = `${layer}/${expected.kind}`;
        const { checks = 0, mismatches = 0 } = byKey.get(key) ?? {};
        byKey.set(key, {
            layer,
            expected: expected.kind,
            checks: checks + 1,
            mismatches: mismatches + (passed ? 0 : 1),
        });
    }
    return [...byKey.values()];
}
