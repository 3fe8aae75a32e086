import assert from "node:assert/strict";
import { toleranceOf } from "../../cli/verify/ask/tolerance";
import { judge } from "../../cli/verify/judge";
import type { Check, Finding, WireResult } from "../../cli/verify/model";

const CHECK: Omit<Check, "id"> = {
    layer: "resilience",
    source: { kind: "service", name: "web", namespace: "sparc", account: "web" },
    destination: {
        name: "auth",
        namespace: "sparc",
        portName: "http",
        port: { protocol: "http", number: 8080, requests: ["GET /x"] },
        mtls: "STRICT",
    },
    request: { protocol: "http", method: "GET", path: "/x" },
    expected: { kind: "given-up", after: 300 },
    behaviour: { kind: "is-slow", milliseconds: 3_300 },
    because: "",
};

function timedOut(ms: number): [Check, WireResult] {
    const result = {
        id: "slow",
        outcome: "http",
        status: 504,
        answer: null,
        detail: "",
        attempts: 1,
    } as const;
    return [
        { ...CHECK, id: "slow" },
        { ...result, ms },
    ];
}

function failed(ms: number): Finding {
    const check: Check = {
        ...CHECK,
        id: "fails",
        behaviour: { kind: "fails" },
        expected: { kind: "attempts", count: 1 },
    };
    const answer = { service: "auth", port: "http", attempt: 1 } as WireResult["answer"];
    return judge(check, {
        id: "fails",
        outcome: "answered",
        status: 503,
        answer,
        detail: "",
        ms,
        attempts: 1,
    });
}

describe("how late a timeout may be", () => {
    it("is what the slowest request took that nothing delayed", () => {
        const slow = judge(...timedOut(5_000));
        const tolerance = toleranceOf([failed(3), failed(240), slow]);
        assert.ok(tolerance > 240 && tolerance < 400, String(tolerance));
        assert.ok(toleranceOf([slow]) < 200);
    });

    it("tells a timeout of 300 ms from one of 2 s, on a busy machine too", () => {
        for (const [ms, toleranceMs, agrees] of [
            [310, toleranceOf([failed(3)]), true],
            [2_010, toleranceOf([failed(3)]), false],
            [620, toleranceOf([failed(400)]), true],
            [2_400, toleranceOf([failed(400)]), false],
        ] as const)
            assert.equal(
                judge(...timedOut(ms), toleranceMs).agrees,
                agrees,
                `${ms} ms within ${toleranceMs}`,
            );
    });
});
