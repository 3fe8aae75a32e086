import assert from "node:assert/strict";
import { isInconclusive, assess } from "../../cli/verify/assess";
import type { Check, Expected, WireRequest, WireResult } from "../../cli/verify/model";

const USERS = "spiffe://cluster.local/ns/sparc/sa/users";
const HTTP: WireRequest = { protocol: "http", method: "GET", path: "/" };
const HEAD: WireRequest = { protocol: "http", method: "HEAD", path: "/" };
const GRPC: WireRequest = { protocol: "grpc", method: "/a.B/C" };
const TCP: WireRequest = { protocol: "tcp" };
const WS: WireRequest = { protocol: "ws", path: "/" };

const answered = { kind: "answered", caller: USERS } as const;
const rbac = { kind: "rbac" } as const;
const handshake = { kind: "handshake-rejected" } as const;
const twice: Expected = { kind: "attempts", count: 2 };
const timeout: Expected = { kind: "timeout", after: 1000 };
const noRoute = { kind: "no-route" } as const;
const pathRejected = { kind: "path-rejected" } as const;

const ANSWER = { service: "auth", port: "main", caller: USERS };
const DENIED = { outcome: "rbac", status: 403 } as const;
const RESET = { outcome: "reset", detail: "connection reset (RST) before any byte of an answer" } as const;
const BLOCKED = { outcome: "http", status: 502 } as const;

type Row = readonly [what: string, request: WireRequest, expected: Expected, result: Partial<WireResult>];

const AGREE: readonly Row[] = [
    ["an answer to the caller", HTTP, answered, { outcome: "answered", status: 200, answer: ANSWER }],
    ["a gRPC answer", GRPC, answered, { outcome: "answered", status: 0, answer: ANSWER }],
    ["a WebSocket's first message", WS, answered, { outcome: "answered", status: 101, answer: ANSWER }],
    [
        "a TCP answer, which names no caller",
        TCP,
        { kind: "answered", caller: null },
        { outcome: "answered", answer: { service: "auth", port: "main" } },
    ],
    ["a denial", HTTP, rbac, DENIED],
    ["a denial without content, of HEAD", HEAD, rbac, { outcome: "http", status: 403 }],
    ["a closed TCP connection for a denial", TCP, rbac, RESET],
    [
        "a rejected path, with the reason",
        HTTP,
        pathRejected,
        { outcome: "http", status: 400, detail: 'body="path-parameter: no"' },
    ],
    ["a reset for a handshake", HTTP, handshake, RESET],
    ["an unknown host", HTTP, noRoute, BLOCKED],
    ["an unknown route", HTTP, noRoute, { outcome: "http", status: 404 }],
    ["an unknown host, in gRPC", GRPC, noRoute, { outcome: "grpc", status: 14, detail: 'server="envoy"' }],
    ["an unknown port", TCP, noRoute, RESET],
    [
        "the failure of the right attempt",
        HTTP,
        twice,
        { outcome: "answered", status: 503, answer: { ...ANSWER, attempt: 2 } },
    ],
    [
        "the failure of the right attempt, in gRPC",
        GRPC,
        twice,
        { outcome: "answered", status: 14, answer: { ...ANSWER, attempt: 2 } },
    ],
    ["a timeout in time", HTTP, timeout, { outcome: "http", status: 504, ms: 1050 }],
    ["a timeout in time, in gRPC", GRPC, timeout, { outcome: "grpc", status: 4, ms: 1050 }],
    [
        "a timeout in time that the callee reports first, in gRPC",
        GRPC,
        timeout,
        { outcome: "grpc", status: 14, ms: 1050, detail: "reset reason: remote reset" },
    ],
];

const DIFFER: readonly Row[] = [
    [
        "another caller",
        HTTP,
        answered,
        { outcome: "answered", status: 200, answer: { ...ANSWER, caller: "spiffe://x" } },
    ],
    ["no caller", HTTP, answered, { outcome: "answered", status: 200, answer: { ...ANSWER, caller: "" } }],
    [
        "another service",
        HTTP,
        answered,
        { outcome: "answered", status: 200, answer: { ...ANSWER, service: "users" } },
    ],
    [
        "another port",
        HTTP,
        answered,
        { outcome: "answered", status: 200, answer: { ...ANSWER, port: "admin" } },
    ],
    ["an answer with an error", HTTP, answered, { outcome: "answered", status: 500, answer: ANSWER }],
    ["a denial instead of an answer", HTTP, answered, DENIED],
    ["a reset instead of an answer", HTTP, answered, RESET],
    ["an answer instead of a denial", HTTP, rbac, { outcome: "answered", status: 200, answer: ANSWER }],
    ["a reset instead of a denial, but for TCP", HTTP, rbac, RESET],
    ["no route instead of a denial", HTTP, rbac, BLOCKED],
    ["another 403", HTTP, rbac, { outcome: "http", status: 403 }],
    ["a stand-in's 403", HEAD, rbac, { outcome: "answered", status: 403, answer: ANSWER }],
    ["another 400", HTTP, pathRejected, { outcome: "http", status: 400, detail: 'body="bad request"' }],
    ["a denial instead of a rejected path", HTTP, pathRejected, DENIED],
    ["a denial instead of a rejected handshake", HTTP, handshake, DENIED],
    ["an answer instead of a rejected handshake", TCP, handshake, { outcome: "answered", answer: ANSWER }],
    ["a refused connection", TCP, handshake, { outcome: "refused" }],
    ["a denial instead of no route", HTTP, noRoute, DENIED],
    ["a callee without endpoints", HTTP, noRoute, { outcome: "http", status: 503 }],
    [
        "a callee without endpoints, in gRPC",
        GRPC,
        noRoute,
        { outcome: "grpc", status: 14, detail: 'grpc-message="no healthy upstream"' },
    ],
    ["no answer in time", HTTP, noRoute, { outcome: "timeout" }],
    ["an unknown name", TCP, noRoute, { outcome: "dns" }],
    [
        "the failure of another attempt",
        HTTP,
        twice,
        { outcome: "answered", status: 503, answer: { ...ANSWER, attempt: 3 } },
    ],
    ["a failure of another workload", HTTP, twice, { outcome: "http", status: 503 }],
    ["an answer instead of a failure", HTTP, twice, { outcome: "answered", status: 200, answer: ANSWER }],
    [
        "a callee that resets early, in gRPC",
        GRPC,
        timeout,
        { outcome: "grpc", status: 14, ms: 50, detail: "reset reason: remote reset" },
    ],
    ["a timeout too early", HTTP, timeout, { outcome: "http", status: 504, ms: 500 }],
    ["a timeout too late", HTTP, timeout, { outcome: "http", status: 504, ms: 9_000 }],
    ["a timeout of twice as long", HTTP, timeout, { outcome: "http", status: 504, ms: 2_000 }],
    ["a late answer", HTTP, timeout, { outcome: "answered", status: 200, answer: ANSWER, ms: 1050 }],
];

describe("assessing an answer", () => {
    for (const row of AGREE) {
        it(`passes ${row[0]}`, () => {
            assert.equal(assessed(row).passed, true);
        });
    }
    for (const row of DIFFER) {
        it(`fails ${row[0]}`, () => {
            assert.equal(assessed(row).passed, false);
        });
    }

    it("distinguishes a gateway's denial from a denial behind it", () => {
        const atGateway = { ...DENIED, detail: 'server="istio-envoy"' };
        const behind = { ...DENIED, detail: 'server="istio-envoy" x-envoy-upstream-service-time="1"' };
        assert.equal(assessed(["", HTTP, rbac, atGateway], "ingress").passed, true);
        assert.equal(assessed(["", HTTP, rbac, behind], "ingress").passed, false);
        assert.equal(assessed(["", HTTP, rbac, behind]).passed, true);
    });

    it("passes a rejected TLS handshake for a gateway that does not serve a host, but not for a sidecar", () => {
        assert.equal(assessed(["", HTTP, noRoute, { outcome: "tls" }], "ingress").passed, true);
        assert.equal(assessed(["", HTTP, noRoute, { outcome: "http", status: 404 }], "ingress").passed, true);
        assert.equal(assessed(["", HTTP, noRoute, { outcome: "tls" }]).passed, false);
        assert.equal(assessed(["", HTTP, noRoute, BLOCKED], "ingress").passed, false);
    });

    it("recognizes a counted request by the rate limit headers, and retries without them", () => {
        const counted: Expected = { ...answered, counted: true };
        const answeredResult: Partial<WireResult> = { outcome: "answered", status: 200, answer: ANSWER };
        const checkResult = assessed(["", HTTP, counted, answeredResult], "ingress");
        assert.equal(checkResult.passed, false);
        assert.match(checkResult.actual, /not counted by the rate limiter/);
        assert.equal(isInconclusive(checkResult), true);
        const limited = {
            ...answeredResult,
            detail: 'server="istio-envoy" x-ratelimit-limit="600, 600;w=60"',
        };
        assert.equal(assessed(["", HTTP, counted, limited], "ingress").passed, true);
        // An answer that is wrong for another reason than a slow limiter is not retried.
        const wrongCallee = { ...answeredResult, answer: { ...ANSWER, service: "users" } };
        assert.equal(isInconclusive(assessed(["", HTTP, counted, wrongCallee], "ingress")), false);
    });

    it("describes the answer", () => {
        const { actual } = assessed(["", HTTP, rbac, { outcome: "answered", status: 200, answer: ANSWER }]);
        assert.equal(actual, `answered by auth on main, which saw ${USERS} (status 200)`);
        assert.equal(assessed(["", HTTP, handshake, DENIED]).actual, "RBAC denial");
    });
});

describe("an inconclusive answer", () => {
    it("is one that shows neither access nor denial", () => {
        for (const outcome of ["timeout", "dns", "refused"] as const) {
            assert.equal(isInconclusive(assessed(["", HTTP, rbac, { outcome }])), true);
        }
        assert.equal(isInconclusive(assessed(["", HTTP, answered, { outcome: "http", status: 503 }])), true);
        assert.equal(isInconclusive(assessed(["", HTTP, answered, RESET])), true);
    });

    it("is never one that was allowed once", () => {
        const open: Partial<WireResult> = { outcome: "answered", status: 200, answer: ANSWER };
        for (const expected of [rbac, handshake, noRoute]) {
            assert.equal(isInconclusive(assessed(["", HTTP, expected, open])), false);
        }
        assert.equal(isInconclusive(assessed(["", HTTP, handshake, DENIED])), false);
        assert.equal(isInconclusive(assessed(["", HTTP, answered, DENIED])), false);
    });

    it("is never one that matches", () => {
        for (const row of AGREE) assert.equal(isInconclusive(assessed(row)), false);
    });
});

function assessed([, request, expected, result]: Row, layer: Check["layer"] = "identity") {
    const check: Check = {
        id: "check",
        layer,
        source: { kind: "service", name: "users", namespace: "sparc", account: "users" },
        destination: {
            name: "auth",
            namespace: "sparc",
            portName: "main",
            port: { protocol: "http", number: 8080, requests: ["GET /"] },
            mtls: "STRICT",
        },
        request,
        expected,
        reason: "a reason",
    };
    const empty: WireResult = {
        id: "check",
        outcome: "other",
        status: null,
        answer: null,
        detail: "",
        ms: 1,
        attempts: 1,
    };
    return assess(check, { ...empty, ...result });
}
