/** Compares the result of a request with the expectation, and describes it. */
import { type Check, type Expected, type CheckResult, type WireResult, isTcp } from "./model";

const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_UNAVAILABLE = 14;

/** How late a timeout may be on an idle machine. */
export const MIN_TOLERANCE_MS = 100;

/** Envoy adds this response header only if it forwarded the request upstream. */
const UPSTREAM_HEADER = "x-envoy-upstream-service-time";

/** The rate limiter states the limit of the client's plan in this response header. */
const PLAN_LIMIT = "x-ratelimit-limit=";

/** The service name in responses of the simulated external services. */
const EXTERNAL_SERVICE = "external-services";

/** @param toleranceMs how late a timeout may be, measured from undelayed requests in the same run (`toleranceOf`) */
export function assess(check: Check, result: WireResult, toleranceMs = MIN_TOLERANCE_MS): CheckResult {
    const actual = describeResult(check, result);
    return { check, result, passed: passed(check, result, toleranceMs), actual };
}

/**
 * Whether to retry, because the result says nothing about policies. A request that was allowed but should have been
 * denied is never retried: once is enough.
 */
export function isInconclusive({ check, result, passed }: CheckResult): boolean {
    if (passed) return false;
    switch (result.outcome) {
        case "timeout":
        case "dns":
        case "refused":
            return true;
        case "reset":
            return ["answered", "via-egress-gateway"].includes(check.expected.kind) || !isTcp(check);
        case "http":
            return result.status === 503 || check.expected.kind === "timeout";
        case "grpc":
            return result.status === GRPC_UNAVAILABLE || check.expected.kind === "timeout";
        case "answered":
            // The rate limiter fails open if it does not respond in time.
            return isAnswerOf(check, result) && isNotRateLimited(check, result);
        case "rbac":
        case "tls":
        case "other":
            return false;
    }
}

function passed(check: Check, result: WireResult, toleranceMs: number): boolean {
    const { expected } = check;
    switch (expected.kind) {
        case "answered":
            return (
                isAnswerOf(check, result) &&
                (result.answer?.caller ?? null) === expected.caller &&
                unexpectedHeaders(expected, result).length === 0 &&
                !isNotRateLimited(check, result)
            );
        case "rbac":
            // Envoy's RBAC filter just closes TCP connections; its counters show whether it did.
            if (isTcp(check)) return result.outcome === "reset";
            return (
                isDenied(check, result) &&
                !reachedUpstream(check, result) &&
                isReadableBy(expected.allowedOrigin, result)
            );
        case "handshake-rejected":
            return result.outcome === "reset" && result.status === null;
        case "attempts":
            return isFailureOf(check, result) && result.answer?.attempt === expected.count;
        case "timeout":
            return isTimeout(result) && isAbout(result.ms, expected.after, toleranceMs);
        case "no-route":
            return check.layer === "ingress" ? isHostUnknown(result) : isNotRouted(result);
        case "no-such-host":
            // Another failure, such as SERVFAIL, could come from an external name server.
            return result.outcome === "dns" && result.detail.includes("no such host");
        case "via-egress-gateway":
            return (
                isAnswerFromExternal(check, result) &&
                expected.peers.includes(result.answer?.peer ?? "") &&
                (result.answer?.caller ?? "") === "" &&
                unexpectedHeaders(expected, result).length === 0
            );
        case "token-rejected":
            return (
                isTokenRejected(result) &&
                !reachedUpstream(check, result) &&
                isReadableBy(expected.allowedOrigin, result)
            );
        case "redirect":
            return (
                result.outcome === "http" &&
                result.status === 301 &&
                result.detail.includes(`location="${expected.location}"`)
            );
        case "path-rejected":
            return (
                result.outcome === "http" &&
                result.status === 400 &&
                result.detail.includes('body="path-') &&
                !reachedUpstream(check, result)
            );
        case "tls-version-rejected":
            return result.outcome === "tls" && result.detail.includes("protocol version");
        case "certificate-rejected":
            // TLS 1.3 alerts for a missing or untrusted client certificate (RFC 8446, section 6.2).
            return (
                result.outcome === "tls" &&
                /alert from the peer: .*(certificate|handshake failure)/.test(result.detail)
            );
    }
}

/** Whether the response lacks the expected rate limit headers. */
function isNotRateLimited({ expected }: Check, { detail }: WireResult): boolean {
    return expected.kind === "answered" && expected.counted === true && !detail.includes(PLAN_LIMIT);
}

/** Whether CORS lets a page of this origin read the response; true without an origin. */
function isReadableBy(origin: string | undefined, { detail }: WireResult): boolean {
    return origin === undefined || detail.includes(`access-control-allow-origin="${origin}"`);
}

/**
 * A response to HEAD has no body that names the denying filter. A stand-in's response would have its answer in a
 * header.
 */
function isDenied({ request }: Check, { outcome, status, answer }: WireResult): boolean {
    const isHead = request.protocol === "http" && request.method === "HEAD";
    return outcome === "rbac" || (isHead && outcome === "http" && status === 403 && answer === null);
}

/** Whether a gateway forwarded the request, regardless of the result. */
function reachedUpstream({ layer }: Check, { detail }: WireResult): boolean {
    return layer === "ingress" && detail.includes(UPSTREAM_HEADER);
}

/**
 * 401, or 403 for a valid token of another audience, or the equivalent gRPC status. Envoy's message about the token
 * distinguishes them from an RBAC denial.
 */
function isTokenRejected({ outcome, status, detail }: WireResult): boolean {
    const statuses = outcome === "http" ? [401, 403] : outcome === "grpc" ? [16, 7] : [];
    return statuses.includes(status ?? 0) && /\bJwt\b/.test(detail);
}

/** The headers that differ from the expectation, with the values that the callee received. */
function unexpectedHeaders(
    { headers = {} }: Extract<Expected, { kind: "answered" | "via-egress-gateway" }>,
    { answer }: WireResult,
): string[] {
    return Object.entries(headers).flatMap(([name, value]) => {
        const seen = answer?.headers?.[name] ?? null;
        return seen === value ? [] : [seen === null ? `no ${name}` : `${name}: ${seen}`];
    });
}

/** A success response from the requested workload and port. */
function isAnswerOf({ destination, request }: Check, { outcome, status, answer }: WireResult): boolean {
    const success = { http: 200, grpc: 0, ws: 101, tcp: null }[request.protocol];
    return (
        outcome === "answered" &&
        status === success &&
        answer?.service === destination.name &&
        answer.port === destination.portName
    );
}

/** The failure that the callee was requested to return. */
function isFailureOf({ destination, request }: Check, { outcome, status, answer }: WireResult): boolean {
    const failure = request.protocol === "grpc" ? GRPC_UNAVAILABLE : 503;
    return outcome === "answered" && status === failure && answer?.service === destination.name;
}

/**
 * A sidecar's response to a timeout. Over gRPC it also sends the deadline to the callee (`grpc-timeout`), which
 * sometimes notices first and resets the stream.
 */
function isTimeout({ outcome, status, detail }: WireResult): boolean {
    if (outcome === "http") return status === 504;
    return (
        outcome === "grpc" &&
        (status === GRPC_DEADLINE_EXCEEDED || /timeout|reset reason: remote reset/i.test(detail))
    );
}

/** At most 10 % early, at most `toleranceMs` late. */
function isAbout(ms: number, expectedMs: number, toleranceMs: number): boolean {
    return ms >= expectedMs * 0.9 && ms <= expectedMs + toleranceMs;
}

/** A response of the simulated external service, requested with the right SNI if TLS is used. */
function isAnswerFromExternal({ egress, request }: Check, { outcome, answer }: WireResult): boolean {
    const named = request.protocol === "tcp" || answer?.serverName === egress?.host;
    return outcome === "answered" && answer?.service === EXTERNAL_SERVICE && named;
}

/** A sidecar's response to an unknown host (502), an unknown route (404), or a port without a listener. */
function isNotRouted(result: WireResult): boolean {
    switch (result.outcome) {
        case "reset":
            return result.status === null;
        case "http":
            return result.status === 502 || result.status === 404;
        case "grpc":
            // The gRPC equivalents: UNAVAILABLE without a message, and UNIMPLEMENTED.
            return (result.status === 14 && !/upstream/i.test(result.detail)) || result.status === 12;
        case "answered":
        case "rbac":
        case "refused":
        case "tls":
        case "dns":
        case "timeout":
        case "other":
            return false;
    }
}

/** A gateway's response to an unknown host: no certificate, or no route. */
function isHostUnknown(result: WireResult): boolean {
    const noCertificate = result.outcome === "tls" || (result.outcome === "reset" && result.status === null);
    // Over gRPC, Envoy's 404 is UNIMPLEMENTED.
    return (
        noCertificate ||
        (result.outcome === "http" && [404, 421].includes(result.status ?? 0)) ||
        (result.outcome === "grpc" && result.status === 12 && !result.detail.includes(UPSTREAM_HEADER))
    );
}

function describeResult(check: Check, result: WireResult): string {
    const { answer, outcome, status, detail } = result;
    switch (outcome) {
        case "answered": {
            const where = `${answer?.service ?? "?"} on ${answer?.port ?? "?"}`;
            const { expected } = check;
            const headerMismatches =
                expected.kind === "answered" || expected.kind === "via-egress-gateway"
                    ? unexpectedHeaders(expected, result)
                    : [];
            if (answer?.service === EXTERNAL_SERVICE) {
                const seen = [
                    answer.peer ?? "no peer",
                    ...(answer.caller ? [answer.caller] : []),
                    ...headerMismatches,
                ];
                return `answered by the external service, which saw ${seen.join(", ")}`;
            }
            const caller = answer?.caller === undefined ? "" : `, which saw ${answer.caller || "no caller"}`;
            const attempt = answer?.attempt === undefined ? "" : `, attempt ${answer.attempt}`;
            const headers = headerMismatches.length === 0 ? "" : `, and ${headerMismatches.join(", ")}`;
            const uncounted = isNotRateLimited(check, result) ? ", not counted by the rate limiter" : "";
            return `answered by ${where}${caller}${headers}${uncounted} (status ${status ?? "none"}${attempt})`;
        }
        case "rbac":
            return reachedUpstream(check, result) ? "RBAC denial behind the gateway" : "RBAC denial";
        case "http":
            return `HTTP ${status ?? "?"} after ${result.ms} ms: ${detail}`;
        case "grpc":
            return `gRPC status ${status ?? "?"} after ${result.ms} ms: ${detail}`;
        case "reset":
            return detail;
        case "refused":
            return "connection refused";
        case "tls":
        case "dns":
        case "timeout":
        case "other":
            return `${outcome}: ${detail}`;
    }
}
