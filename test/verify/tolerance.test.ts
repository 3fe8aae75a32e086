import assert from "node:assert/strict";
import { toleranceOf } from "../../cli/verify/probe/tolerance";
import { assess } from "../../cli/verify/assess";
import type { Check, CheckResult, WireResult } from "../../cli/verify/model";

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
    expected: { kind: "timeout", after: 300 },
    behavior: { kind: "delay", milliseconds: 3_300 },
    reason: "",
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

function failed(ms: number): CheckResult {
    const check: Check = {
        ...CHECK,
        id: "fails",
        behavior: { kind: "fail" },
        expected: { kind: "attempts", count: 1 },
    };
    const answer = { service: "auth", port: "http", attempt: 1 } as WireResult["answer"];
    return assess(check, {
        id: "fails",
        outcome: "answered",
        status: 503,
        answer,
        detail: "",
        ms,
        attempts: 1,
    });
}

describe("the tolerance of a timeout", () => {
    it("is the duration of the slowest request without a delay", () => {
        const slow = assess(...timedOut(5_000));
        const tolerance = toleranceOf([failed(3), failed(240), slow]);
        assert.ok(tolerance > 240 && tolerance < 400, String(tolerance));
        assert.ok(toleranceOf([slow]) < 200);
    });

    it("distinguishes a timeout of 300 ms from one of 2 s, even on a busy machine", () => {
        for (const [ms, toleranceMs, passed] of [
            [310, toleranceOf([failed(3)]), true],
            [2_010, toleranceOf([failed(3)]), false],
            [620, toleranceOf([failed(400)]), true],
            [2_400, toleranceOf([failed(400)]), false],
        ] as const)
            assert.equal(
                assess(...timedOut(ms), toleranceMs).passed,
                passed,
                `${ms} ms within ${toleranceMs}`,
            );
    });
});
