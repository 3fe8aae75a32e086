import * as assert from "node:assert/strict";

import { problemsAfter, type Small } from "../small";

function rules(change: (draft: Small) => void): string[] {
    return problemsAfter(change).map(({ rule, where }) => `${rule} ${where}`);
}

describe("the retry policy of a call", () => {
    it("has the conditions of the port's protocol", () => {
        const grpc = (...retryOn: ("unavailable" | "gateway-error" | "reset")[]) =>
            rules(({ frontToMiddle }) => Object.assign(frontToMiddle, { retryOn }));
        assert.deepEqual(grpc("reset", "unavailable"), []);
        assert.deepEqual(grpc("gateway-error"), ["wrong-protocol front.calls[0] → middle"]);
        assert.deepEqual(grpc("reset", "reset"), ["repeated-reference front.calls[0] → middle"]);
        const http = (...retryOn: ("unavailable" | "gateway-error")[]) =>
            rules(({ middleToBack }) => Object.assign(middleToBack, { retryOn }));
        assert.deepEqual(http("gateway-error"), []);
        assert.deepEqual(http("unavailable"), ["wrong-protocol middle.calls[0] → back"]);
    });

    it("needs a call that is retried", () => {
        const once = rules(({ frontToMiddle }) =>
            Object.assign(frontToMiddle, { retries: 0, retryOn: ["reset"], perTryTimeout: "1s" }),
        );
        assert.deepEqual(once, Array(2).fill("unused-retry-policy front.calls[0] → middle"));
    });

    it("has a timeout for each attempt that is below the timeout for all", () => {
        const each = (perTryTimeout: "4999ms" | "5s") =>
            rules(({ frontToMiddle }) => Object.assign(frontToMiddle, { perTryTimeout }));
        assert.deepEqual(each("4999ms"), []);
        assert.deepEqual(each("5s"), ["per-try-timeout front.calls[0] → middle"]);
    });
});
