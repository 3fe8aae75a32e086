/** What a run came to. */
import { type Drift, isDifference } from "../drift/compare";
import type { Miscount } from "../ask/counters";
import type { ExpectedKind, Finding, Layer, Unchecked } from "../model";

export interface VerifyReport {
    /** The context of the cluster. */
    readonly cluster: string;
    readonly findings: readonly Finding[];
    readonly differences: readonly Difference[];
    readonly miscounts: readonly (Miscount & { readonly explanations: readonly string[] })[];
    readonly drift: readonly Drift[];
    /** Foreign objects that the user accepts. */
    readonly accepted: readonly Drift[];
    /** What the user accepts and no foreign object is called. */
    readonly acceptedInVain: readonly string[];
    readonly notChecked: readonly Unchecked[];
    /** What was found first of the requests that were made again because nothing was learned from them. */
    readonly repeated: readonly Finding[];
    /** Probers that were asked to go, and did not, or why they could not be asked: their containers end within half an hour. */
    readonly stuckProbers: readonly string[];
    /** Milliseconds by which a timeout was allowed to be late; absent where none was waited for. */
    readonly toleranceMs?: number;
    readonly seconds: { readonly probers: number; readonly requests: number; readonly total: number };
}

/** A finding that does not agree, and what speaks to it. */
export interface Difference {
    readonly finding: Finding;
    readonly explanations: readonly string[];
}

/** Whether the mesh differs from what the catalogue says, or has objects that are not the program's and can widen access. */
export function differs({ differences, miscounts, drift }: VerifyReport): boolean {
    return differences.length > 0 || miscounts.length > 0 || drift.some(isDifference);
}

/** What was left out although nobody named it. */
export function unproven({ notChecked }: VerifyReport): readonly Unchecked[] {
    return notChecked.filter(({ requested }) => !requested);
}

/** Whether the mesh does what the catalogue says, by exactly the program's objects, as far as the user wanted to know. */
export function isProven(report: VerifyReport): boolean {
    return !differs(report) && unproven(report).length === 0;
}

/** 0: proven. 1: it differs, or a part was not checked. That nothing could be checked is an exception, CannotVerify, and exits with 2. */
export function exitCode(report: VerifyReport): 0 | 1 {
    return isProven(report) ? 0 : 1;
}

export interface Count {
    readonly layer: Layer;
    readonly expected: ExpectedKind;
    readonly checks: number;
    readonly differences: number;
}

/** By layer and expectation, in the order in which they were made. */
export function counts(findings: readonly Finding[]): Count[] {
    const byKey = new Map<string, Count>();
    for (const { check, agrees } of findings) {
        const { layer, expected } = check;
        const key = `${layer}/${expected.kind}`;
        const { checks = 0, differences = 0 } = byKey.get(key) ?? {};
        byKey.set(key, {
            layer,
            expected: expected.kind,
            checks: checks + 1,
            differences: differences + (agrees ? 0 : 1),
        });
    }
    return [...byKey.values()];
}
