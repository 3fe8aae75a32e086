import assert from "node:assert/strict";
import { deniedIn, miscounts } from "../../cli/verify/probe/counters";
import type { Expected, CheckResult, WireResult } from "../../cli/verify/model";

describe("Envoy's counts of denied TCP connections", () => {
    it("are summed over listeners, without other filters' counts", () => {
        const stats = [
            "tcp.rbac.allowed: 5",
            "tcp.rbac.denied: 3",
            "listener.0.0.0.0_15006.tcp.rbac.denied: 4",
            "tcp.rbac.shadow_denied: 9",
            "http.inbound_0.0.0.0_8081;.rbac.denied: 7",
        ];
        assert.equal(deniedIn(stats.join("\n")), 7);
        assert.equal(deniedIn(""), 0);
    });
});

describe("counting denials", () => {
    const results = [
        checkResult("a", { kind: "rbac" }, "reset"),
        checkResult("b", { kind: "rbac" }, "reset"),
        checkResult("c", { kind: "handshake-rejected" }, "reset"),
        checkResult("d", { kind: "answered", caller: null }, "answered"),
    ];
    const after = (denied: number) => new Map([["databases/redis", 10 + denied]]);
    const before = after(0);

    it("matches one denial for each expected denial", () => {
        assert.deepEqual(miscounts("identity", results, before, after(2)), []);
    });

    const suspected = (counted: number) =>
        miscounts("identity", results, before, after(counted)).map(({ expected, counted: n, suspects }) => [
            expected,
            n,
            suspects.map(({ check }) => check.id),
        ]);

    it("suspects the expected denials if the count is too low", () => {
        assert.deepEqual(suspected(1), [[2, 1, ["a", "b"]]]);
    });

    it("suspects the other closed connections if the count is too high", () => {
        assert.deepEqual(suspected(3), [[2, 3, ["c"]]]);
    });

    it("reports nothing if a check already mismatches", () => {
        const differs = { ...checkResult("e", { kind: "rbac" }, "answered"), passed: false };
        assert.deepEqual(miscounts("identity", [...results, differs], before, after(7)), []);
    });

    it("still counts if one connection was inconclusive: it may have been denied or not", () => {
        const lost = { ...checkResult("e", { kind: "rbac" }, "timeout"), passed: false };
        const all = [...results, lost];
        for (const counted of [2, 3])
            assert.deepEqual(miscounts("identity", all, before, after(counted)), []);
        for (const counted of [1, 4])
            assert.equal(miscounts("identity", all, before, after(counted)).length, 1);
    });

    it("accepts one count or as many as attempts for a retried request, but no more and no fewer", () => {
        const again = [...results, checkResult("f", { kind: "rbac" }, "reset", 3)];
        for (const counted of [3, 4, 5])
            assert.deepEqual(miscounts("identity", again, before, after(counted)), []);
        for (const counted of [2, 6])
            assert.equal(miscounts("identity", again, before, after(counted)).length, 1);
    });
});

function checkResult(
    id: string,
    expected: Expected,
    outcome: WireResult["outcome"],
    attempts = 1,
): CheckResult {
    return {
        check: {
            id,
            layer: "identity",
            source: {
                kind: "unknown-workload",
                name: "(unknown-workload)",
                namespace: "sparc",
                account: "x",
            },
            destination: {
                name: "redis",
                namespace: "databases",
                portName: "redis",
                port: { protocol: "tcp", number: 6379, application: "redis" },
                mtls: "PERMISSIVE",
            },
            request: { protocol: "tcp" },
            expected,
            reason: "",
        },
        result: { id, outcome, status: null, answer: null, detail: "", ms: 1, attempts },
        passed: true,
        actual: "",
    };
}
