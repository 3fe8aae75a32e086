/** The JSON report. Fields are stable; new ones may be added. */
import type { Drift } from "../../lib/drift/compare";
import { keyOf } from "../../lib/drift/objects";
import type { CheckResult } from "../model";
import { describeRequest } from "../plan/requests";
import { type VerifyReport, counts, isProven } from "./model";

export const SCHEMA = "sparc.dev/mesh-verify/v1";

export function toJson(report: VerifyReport): Record<string, unknown> {
    return {
        schema: SCHEMA,
        cluster: report.cluster,
        proven: isProven(report),
        requests: report.results.length,
        retried: report.retried.map(({ check, actual }) => ({ id: check.id, actual })),
        seconds: report.seconds,
        ...(report.toleranceMs === undefined ? {} : { toleranceMs: Math.round(report.toleranceMs) }),
        counts: counts(report.results),
        mismatches: report.mismatches.map(({ checkResult, explanations }) => ({
            ...checked(checkResult),
            reason: checkResult.check.reason,
            explanations,
            detail: checkResult.result.detail,
        })),
        miscounts: report.miscounts.map(({ suspects, ...miscount }) => ({
            ...miscount,
            suspects: suspects.map(({ check }) => check.id),
        })),
        drift: report.drift.map(drifted),
        accepted: report.accepted.map(drifted),
        unusedAccepts: report.unusedAccepts,
        unchecked: report.unchecked,
        stuckProbers: report.stuckProbers,
        checks: report.results.map(checked),
    };
}

function drifted({ state, widensAccess, object, text }: Drift): Record<string, unknown> {
    return { state, widensAccess, object: keyOf(object), text };
}

function checked({ check, actual, passed, result }: CheckResult): Record<string, unknown> {
    const { id, layer, source, destination, ingress, egress, request, sends, expected } = check;
    return {
        id,
        layer,
        source: source.name,
        ...(ingress && { gateway: ingress.gateway, host: ingress.host }),
        ...(egress && { host: egress.host, externalPort: egress.port, from: egress.from }),
        destination: destination.name,
        port: destination.portName,
        protocol: request.protocol,
        request: describeRequest(request),
        ...(sends && { headers: sends.headers, ...(sends.token && { tokenOf: sends.token.tenant }) }),
        expected,
        actual,
        passed,
        ms: result.ms,
    };
}
