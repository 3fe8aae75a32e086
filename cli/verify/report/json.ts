/** A report for machines. What is here stays; fields may be added. */
import type { Drift } from "../drift/compare";
import { keyOf } from "../drift/objects";
import type { Finding } from "../model";
import { describeRequest } from "../plan/requests";
import { type VerifyReport, counts, isProven } from "./model";

export const SCHEMA = "sparc.dev/mesh-verify/v1";

export function toJson(report: VerifyReport): Record<string, unknown> {
    return {
        schema: SCHEMA,
        cluster: report.cluster,
        proven: isProven(report),
        requests: report.findings.length,
        repeated: report.repeated.map(({ check, got }) => ({ id: check.id, got })),
        seconds: report.seconds,
        ...(report.toleranceMs === undefined ? {} : { toleranceMs: Math.round(report.toleranceMs) }),
        counts: counts(report.findings),
        differences: report.differences.map(({ finding, explanations }) => ({
            ...checked(finding),
            because: finding.check.because,
            explanations,
            detail: finding.result.detail,
        })),
        miscounts: report.miscounts.map(({ suspects, ...miscount }) => ({
            ...miscount,
            suspects: suspects.map(({ check }) => check.id),
        })),
        drift: report.drift.map(drifted),
        accepted: report.accepted.map(drifted),
        acceptedInVain: report.acceptedInVain,
        notChecked: report.notChecked,
        stuckProbers: report.stuckProbers,
        checks: report.findings.map(checked),
    };
}

function drifted({ state, opens, object, text }: Drift): Record<string, unknown> {
    return { state, opens, object: keyOf(object), text };
}

function checked({ check, got, agrees, result }: Finding): Record<string, unknown> {
    const { id, layer, source, destination, entry, outside, request, sends, expected } = check;
    return {
        id,
        layer,
        source: source.name,
        ...(entry && { gateway: entry.gateway, host: entry.host }),
        ...(outside && { host: outside.host, outsidePort: outside.port, from: outside.from }),
        destination: destination.name,
        port: destination.portName,
        protocol: request.protocol,
        request: describeRequest(request),
        ...(sends && { headers: sends.headers, ...(sends.token && { tokenOf: sends.token.tenant }) }),
        expected,
        got,
        agrees,
        ms: result.ms,
    };
}
