/** Whether what came back over the wire is what was expected, and what it was, for people. */
import { type Check, type Expected, type Finding, type WireResult, isTcp } from "./model";

const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_UNAVAILABLE = 14;

/** By how much a timeout may be late on a machine that is not busy. */
export const MIN_TOLERANCE_MS = 100;

/** A response's header that only an Envoy which passed the request on adds. */
const PASSED_ON = "x-envoy-upstream-service-time";

/** A response's header in which the limiter says what the client's plan allows. */
const PLAN_LIMIT = "x-ratelimit-limit=";

/** As whom the world outside answers where the node plays it. */
const OUTSIDE = "outside";

/** @param toleranceMs by how much a timeout may be late: what requests that nothing delays take in the same run, see `toleranceOf` */
export function judge(check: Check, result: WireResult, toleranceMs = MIN_TOLERANCE_MS): Finding {
    const got = describeResult(check, result);
    return { check, result, agrees: agrees(check, result, toleranceMs), got };
}

/**
 * Whether another attempt may tell more: nothing came back that speaks for or against a policy. Something that
 * should have been refused and was not is never asked again, since once is enough.
 */
export function isInconclusive({ check, result, agrees }: Finding): boolean {
    if (agrees) return false;
    switch (result.outcome) {
        case "timeout":
        case "dns":
        case "refused":
            return true;
        case "reset":
            return ["answered", "left"].includes(check.expected.kind) || !isTcp(check);
        case "http":
            return result.status === 503 || check.expected.kind === "given-up";
        case "grpc":
            return result.status === GRPC_UNAVAILABLE || check.expected.kind === "given-up";
        case "answered":
            // A limiter that does not answer in time lets requests pass.
            return isAnswerOf(check, result) && isUncounted(check, result);
        case "rbac":
        case "tls":
        case "other":
            return false;
    }
}

function agrees(check: Check, result: WireResult, toleranceMs: number): boolean {
    const { expected } = check;
    switch (expected.kind) {
        case "answered":
            return (
                isAnswerOf(check, result) &&
                (result.answer?.caller ?? null) === expected.caller &&
                unexpectedHeaders(expected, result).length === 0 &&
                !isUncounted(check, result)
            );
        case "rbac":
            // Of a TCP connection Envoy's RBAC filter leaves no more than its end; counters tell whose end it was.
            if (isTcp(check)) return result.outcome === "reset";
            return (
                isDenied(check, result) &&
                !isPassedOn(check, result) &&
                mayBeReadBy(expected.allowedOrigin, result)
            );
        case "refused-handshake":
            return result.outcome === "reset" && result.status === null;
        case "attempts":
            return isFailureOf(check, result) && result.answer?.attempt === expected.count;
        case "given-up":
            return isTimeout(result) && isAbout(result.ms, expected.after, toleranceMs);
        case "no-route":
            return check.layer === "entry" ? isNotServed(result) : isNotRouted(result);
        case "no-name":
            // Another failure, such as SERVFAIL, may be that of a server outside that was asked.
            return result.outcome === "dns" && result.detail.includes("no such host");
        case "left":
            return (
                isAnswerFromOutside(check, result) &&
                expected.peers.includes(result.answer?.peer ?? "") &&
                (result.answer?.caller ?? "") === "" &&
                unexpectedHeaders(expected, result).length === 0
            );
        case "token-refused":
            return (
                isTokenRefused(result) &&
                !isPassedOn(check, result) &&
                mayBeReadBy(expected.allowedOrigin, result)
            );
        case "redirect":
            return (
                result.outcome === "http" &&
                result.status === 301 &&
                result.detail.includes(`location="${expected.location}"`)
            );
        case "path-refused":
            return (
                result.outcome === "http" &&
                result.status === 400 &&
                result.detail.includes('body="path-') &&
                !isPassedOn(check, result)
            );
        case "no-tls-version":
            return result.outcome === "tls" && result.detail.includes("protocol version");
        case "certificate-refused":
            // TLS 1.3 has an alert for a missing certificate (RFC 8446, section 6.2); an unknown CA is one of these as well.
            return (
                result.outcome === "tls" &&
                /alert from the peer: .*(certificate|handshake failure)/.test(result.detail)
            );
    }
}

/** Whether the response lacks what the limiter tells a client of its plan, and should not. */
function isUncounted({ expected }: Check, { detail }: WireResult): boolean {
    return expected.kind === "answered" && expected.counted === true && !detail.includes(PLAN_LIMIT);
}

/** Whether a browser shows the response to a page of this origin; true where no origin is asked about. */
function mayBeReadBy(origin: string | undefined, { detail }: WireResult): boolean {
    return origin === undefined || detail.includes(`access-control-allow-origin="${origin}"`);
}

/** A response to HEAD has no content that could say what denied it. A stand-in's own would have its answer in a header. */
function isDenied({ request }: Check, { outcome, status, answer }: WireResult): boolean {
    const isHead = request.protocol === "http" && request.method === "HEAD";
    return outcome === "rbac" || (isHead && outcome === "http" && status === 403 && answer === null);
}

/** Whether a gateway let a request through, whatever became of it behind. */
function isPassedOn({ layer }: Check, { detail }: WireResult): boolean {
    return layer === "entry" && detail.includes(PASSED_ON);
}

/**
 * 401, or 403 for a token that is good, but for others; over gRPC its own statuses for these. What Envoy says of the token
 * tells them from a policy's refusal.
 */
function isTokenRefused({ outcome, status, detail }: WireResult): boolean {
    const refused = outcome === "http" ? [401, 403] : outcome === "grpc" ? [16, 7] : [];
    return refused.includes(status ?? 0) && /\bJwt\b/.test(detail);
}

/** The headers that the callee should have seen otherwise, with what it saw. */
function unexpectedHeaders(
    { headers = {} }: Extract<Expected, { kind: "answered" | "left" }>,
    { answer }: WireResult,
): string[] {
    return Object.entries(headers).flatMap(([name, value]) => {
        const seen = answer?.headers?.[name] ?? null;
        return seen === value ? [] : [seen === null ? `no ${name}` : `${name}: ${seen}`];
    });
}

/** Success, from the workload and the port that were asked for. */
function isAnswerOf({ destination, request }: Check, { outcome, status, answer }: WireResult): boolean {
    const success = { http: 200, grpc: 0, ws: 101, tcp: null }[request.protocol];
    return (
        outcome === "answered" &&
        status === success &&
        answer?.service === destination.name &&
        answer.port === destination.portName
    );
}

/** The failure that the callee was told to answer with. */
function isFailureOf({ destination, request }: Check, { outcome, status, answer }: WireResult): boolean {
    const failure = request.protocol === "grpc" ? GRPC_UNAVAILABLE : 503;
    return outcome === "answered" && status === failure && answer?.service === destination.name;
}

/**
 * A sidecar's own answer when time is up. Over gRPC it tells the callee of the time as well (`grpc-timeout`), which now and then is
 * the first to see it pass, and resets the stream.
 */
function isTimeout({ outcome, status, detail }: WireResult): boolean {
    if (outcome === "http") return status === 504;
    return (
        outcome === "grpc" &&
        (status === GRPC_DEADLINE_EXCEEDED || /timeout|reset reason: remote reset/i.test(detail))
    );
}

/** Not earlier than a tenth before. */
function isAbout(ms: number, expectedMs: number, toleranceMs: number): boolean {
    return ms >= expectedMs * 0.9 && ms <= expectedMs + toleranceMs;
}

/** The node's stand-in for the world outside, asked by the name of the host wherever TLS tells one. */
function isAnswerFromOutside({ outside, request }: Check, { outcome, answer }: WireResult): boolean {
    const named = request.protocol === "tcp" || answer?.serverName === outside?.host;
    return outcome === "answered" && answer?.service === OUTSIDE && named;
}

/** A sidecar's answer to an unknown host (502), to an unknown route (404), or to a port on which it knows nobody. */
function isNotRouted(result: WireResult): boolean {
    switch (result.outcome) {
        case "reset":
            return result.status === null;
        case "http":
            return result.status === 502 || result.status === 404;
        case "grpc":
            // As gRPC has it: UNAVAILABLE without a word, and UNIMPLEMENTED.
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

/** A gateway's answer to a host that it does not serve: no certificate for it, or no route. */
function isNotServed(result: WireResult): boolean {
    const noCertificate = result.outcome === "tls" || (result.outcome === "reset" && result.status === null);
    // Over gRPC, Envoy's own 404 is UNIMPLEMENTED.
    return (
        noCertificate ||
        (result.outcome === "http" && [404, 421].includes(result.status ?? 0)) ||
        (result.outcome === "grpc" && result.status === 12 && !result.detail.includes(PASSED_ON))
    );
}

function describeResult(check: Check, result: WireResult): string {
    const { answer, outcome, status, detail } = result;
    switch (outcome) {
        case "answered": {
            const where = `${answer?.service ?? "?"} on ${answer?.port ?? "?"}`;
            const { expected } = check;
            const others =
                expected.kind === "answered" || expected.kind === "left"
                    ? unexpectedHeaders(expected, result)
                    : [];
            if (answer?.service === OUTSIDE) {
                const seen = [answer.peer ?? "nobody", ...(answer.caller ? [answer.caller] : []), ...others];
                return `answered outside, which saw ${seen.join(", ")}`;
            }
            const caller = answer?.caller === undefined ? "" : `, which saw ${answer.caller || "no caller"}`;
            const attempt = answer?.attempt === undefined ? "" : `, attempt ${answer.attempt}`;
            const headers = others.length === 0 ? "" : `, and ${others.join(", ")}`;
            const uncounted = isUncounted(check, result) ? ", not counted for the client's plan" : "";
            return `answered by ${where}${caller}${headers}${uncounted} (status ${status ?? "none"}${attempt})`;
        }
        case "rbac":
            return isPassedOn(check, result) ? "RBAC denial behind the gateway" : "RBAC denial";
        case "http":
            return `HTTP ${status ?? "?"} after ${result.ms} ms: ${detail}`;
        case "grpc":
            return `gRPC status ${status ?? "?"} after ${result.ms} ms: ${detail}`;
        case "reset":
            return detail;
        case "refused":
            return "nothing listens there";
        case "tls":
        case "dns":
        case "timeout":
        case "other":
            return `${outcome}: ${detail}`;
    }
}
