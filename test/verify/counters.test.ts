import assert from "node:assert/strict";
import { deniedIn, miscounts } from "../../cli/verify/ask/counters";
import type { Expected, Finding, WireResult } from "../../cli/verify/model";

describe("Envoy's counts of denied TCP connections", () => {
    it("are summed over listeners, without those of other filters", () => {
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
    const findings = [
        finding("a", { kind: "rbac" }, "reset"),
        finding("b", { kind: "rbac" }, "reset"),
        finding("c", { kind: "refused-handshake" }, "reset"),
        finding("d", { kind: "answered", caller: null }, "answered"),
    ];
    const after = (denied: number) => new Map([["databases/redis", 10 + denied]]);
    const before = after(0);

    it("agrees with one denial for each that was expected", () => {
        assert.deepEqual(miscounts("identity", findings, before, after(2)), []);
    });

    const suspected = (counted: number) =>
        miscounts("identity", findings, before, after(counted)).map(({ expected, counted: n, suspects }) => [
            expected,
            n,
            suspects.map(({ check }) => check.id),
        ]);

    it("suspects the expected denials where too few were counted", () => {
        assert.deepEqual(suspected(1), [[2, 1, ["a", "b"]]]);
    });

    it("suspects the other connections that ended where too many were counted", () => {
        assert.deepEqual(suspected(3), [[2, 3, ["c"]]]);
    });

    it("says nothing where a check already differs", () => {
        const differs = { ...finding("e", { kind: "rbac" }, "answered"), agrees: false };
        assert.deepEqual(miscounts("identity", [...findings, differs], before, after(7)), []);
    });

    it("still counts where one connection taught nothing, which may have been denied or not", () => {
        const lost = { ...finding("e", { kind: "rbac" }, "timeout"), agrees: false };
        const all = [...findings, lost];
        for (const counted of [2, 3])
            assert.deepEqual(miscounts("identity", all, before, after(counted)), []);
        for (const counted of [1, 4])
            assert.equal(miscounts("identity", all, before, after(counted)).length, 1);
    });

    it("takes what was asked again for counted once or as often, and no more and no less", () => {
        const again = [...findings, finding("f", { kind: "rbac" }, "reset", 3)];
        for (const counted of [3, 4, 5])
            assert.deepEqual(miscounts("identity", again, before, after(counted)), []);
        for (const counted of [2, 6])
            assert.equal(miscounts("identity", again, before, after(counted)).length, 1);
    });
});

function finding(id: string, expected: Expected, outcome: WireResult["outcome"], attempts = 1): Finding {
    return {
        check: {
            id,
            layer: "identity",
            source: { kind: "stranger", name: "(stranger)", namespace: "sparc", account: "x" },
            destination: {
                name: "redis",
                namespace: "databases",
                portName: "redis",
                port: { protocol: "tcp", number: 6379, application: "redis" },
                mtls: "PERMISSIVE",
            },
            request: { protocol: "tcp" },
            expected,
            because: "",
        },
        result: { id, outcome, status: null, answer: null, detail: "", ms: 1, attempts },
        agrees: true,
        got: "",
    };
}
