import assert from "node:assert/strict";
import { isInconclusive, judge } from "../../cli/verify/judge";
import type { Check, Expected, WireRequest, WireResult } from "../../cli/verify/model";

const USERS = "spiffe://cluster.local/ns/sparc/sa/users";
const HTTP: WireRequest = { protocol: "http", method: "GET", path: "/" };
const HEAD: WireRequest = { protocol: "http", method: "HEAD", path: "/" };
const GRPC: WireRequest = { protocol: "grpc", method: "/a.B/C" };
const TCP: WireRequest = { protocol: "tcp" };
const WS: WireRequest = { protocol: "ws", path: "/" };

const answered = { kind: "answered", caller: USERS } as const;
const rbac = { kind: "rbac" } as const;
const handshake = { kind: "refused-handshake" } as const;
const twice: Expected = { kind: "attempts", count: 2 };
const givenUp: Expected = { kind: "given-up", after: 1000 };
const noRoute = { kind: "no-route" } as const;
const pathRefused = { kind: "path-refused" } as const;

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
        "a TCP answer, which names nobody",
        TCP,
        { kind: "answered", caller: null },
        { outcome: "answered", answer: { service: "auth", port: "main" } },
    ],
    ["a denial", HTTP, rbac, DENIED],
    ["a denial without content, of HEAD", HEAD, rbac, { outcome: "http", status: 403 }],
    ["a closed TCP connection for a denial", TCP, rbac, RESET],
    [
        "a path that is refused, with its reason",
        HTTP,
        pathRefused,
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
    ["a timeout in time", HTTP, givenUp, { outcome: "http", status: 504, ms: 1050 }],
    ["a timeout in time, in gRPC", GRPC, givenUp, { outcome: "grpc", status: 4, ms: 1050 }],
    [
        "a timeout in time that the callee saw first, in gRPC",
        GRPC,
        givenUp,
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
    ["a stand-in's own 403", HEAD, rbac, { outcome: "answered", status: 403, answer: ANSWER }],
    ["another 400", HTTP, pathRefused, { outcome: "http", status: 400, detail: 'body="bad request"' }],
    ["a denial instead of a refused path", HTTP, pathRefused, DENIED],
    ["a denial instead of a refused handshake", HTTP, handshake, DENIED],
    ["an answer instead of a refused handshake", TCP, handshake, { outcome: "answered", answer: ANSWER }],
    ["nothing that listens", TCP, handshake, { outcome: "refused" }],
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
    ["a failure of somebody else", HTTP, twice, { outcome: "http", status: 503 }],
    ["an answer instead of a failure", HTTP, twice, { outcome: "answered", status: 200, answer: ANSWER }],
    [
        "a callee that resets early, in gRPC",
        GRPC,
        givenUp,
        { outcome: "grpc", status: 14, ms: 50, detail: "reset reason: remote reset" },
    ],
    ["a timeout too early", HTTP, givenUp, { outcome: "http", status: 504, ms: 500 }],
    ["a timeout too late", HTTP, givenUp, { outcome: "http", status: 504, ms: 9_000 }],
    ["a timeout of twice as long", HTTP, givenUp, { outcome: "http", status: 504, ms: 2_000 }],
    ["a late answer", HTTP, givenUp, { outcome: "answered", status: 200, answer: ANSWER, ms: 1050 }],
];

describe("judging", () => {
    for (const row of AGREE) {
        it(`takes ${row[0]}`, () => {
            assert.equal(judged(row).agrees, true);
        });
    }
    for (const row of DIFFER) {
        it(`does not take ${row[0]}`, () => {
            assert.equal(judged(row).agrees, false);
        });
    }

    it("tells a gateway's denial from one behind it", () => {
        const atGateway = { ...DENIED, detail: 'server="istio-envoy"' };
        const behind = { ...DENIED, detail: 'server="istio-envoy" x-envoy-upstream-service-time="1"' };
        assert.equal(judged(["", HTTP, rbac, atGateway], "entry").agrees, true);
        assert.equal(judged(["", HTTP, rbac, behind], "entry").agrees, false);
        assert.equal(judged(["", HTTP, rbac, behind]).agrees, true);
    });

    it("takes a refused TLS handshake for a gateway that does not serve a host, but not for a sidecar", () => {
        assert.equal(judged(["", HTTP, noRoute, { outcome: "tls" }], "entry").agrees, true);
        assert.equal(judged(["", HTTP, noRoute, { outcome: "http", status: 404 }], "entry").agrees, true);
        assert.equal(judged(["", HTTP, noRoute, { outcome: "tls" }]).agrees, false);
        assert.equal(judged(["", HTTP, noRoute, BLOCKED], "entry").agrees, false);
    });

    it("takes a response for counted by what the limiter tells in it, and asks again where it does not", () => {
        const counted: Expected = { ...answered, counted: true };
        const told: Partial<WireResult> = { outcome: "answered", status: 200, answer: ANSWER };
        const finding = judged(["", HTTP, counted, told], "entry");
        assert.equal(finding.agrees, false);
        assert.match(finding.got, /not counted for the client's plan/);
        assert.equal(isInconclusive(finding), true);
        const limited = { ...told, detail: 'server="istio-envoy" x-ratelimit-limit="600, 600;w=60"' };
        assert.equal(judged(["", HTTP, counted, limited], "entry").agrees, true);
        // What says more than that the limiter was slow is not asked again.
        const stranger = { ...told, answer: { ...ANSWER, service: "users" } };
        assert.equal(isInconclusive(judged(["", HTTP, counted, stranger], "entry")), false);
    });

    it("says what was seen", () => {
        const { got } = judged(["", HTTP, rbac, { outcome: "answered", status: 200, answer: ANSWER }]);
        assert.equal(got, `answered by auth on main, which saw ${USERS} (status 200)`);
        assert.equal(judged(["", HTTP, handshake, DENIED]).got, "RBAC denial");
    });
});

describe("what is asked again", () => {
    it("is what taught nothing", () => {
        for (const outcome of ["timeout", "dns", "refused"] as const) {
            assert.equal(isInconclusive(judged(["", HTTP, rbac, { outcome }])), true);
        }
        assert.equal(isInconclusive(judged(["", HTTP, answered, { outcome: "http", status: 503 }])), true);
        assert.equal(isInconclusive(judged(["", HTTP, answered, RESET])), true);
    });

    it("is never something that was let through once", () => {
        const open: Partial<WireResult> = { outcome: "answered", status: 200, answer: ANSWER };
        for (const expected of [rbac, handshake, noRoute]) {
            assert.equal(isInconclusive(judged(["", HTTP, expected, open])), false);
        }
        assert.equal(isInconclusive(judged(["", HTTP, handshake, DENIED])), false);
        assert.equal(isInconclusive(judged(["", HTTP, answered, DENIED])), false);
    });

    it("is nothing that agrees", () => {
        for (const row of AGREE) assert.equal(isInconclusive(judged(row)), false);
    });
});

function judged([, request, expected, result]: Row, layer: Check["layer"] = "identity") {
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
        because: "a reason",
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
    return judge(check, { ...empty, ...result });
}
