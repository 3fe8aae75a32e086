import * as assert from "node:assert/strict";

import { attempts } from "../../../catalogue/attempts";
import { checkRetries } from "../../../catalogue/checks/retries";
import { callTo, graph } from "../small";

const once = (to: string) => ({ ...callTo(to), retries: 0 });

describe("a call", () => {
    it("is retried once if it is idempotent and not a stream", () => {
        assert.equal(attempts({ idempotent: true, timeout: "1s" }), 2);
        assert.equal(attempts({ idempotent: true, timeout: "1s", retries: 3 }), 4);
        assert.equal(attempts({ idempotent: true, timeout: "stream" }), 1);
        assert.equal(attempts({ idempotent: false, timeout: "1s" }), 1);
    });

    it("cannot have retries if it is not idempotent", () => {
        const call = { ...callTo("b"), idempotent: false, retries: 2 };
        assert.deepEqual(
            checkRetries(graph({ a: [call], b: [] })).map(({ rule, where }) => [rule, where]),
            [["retries-not-idempotent", "a.calls[0] → b"]],
        );
    });

    it("cannot have retries if it is a stream", () => {
        const call = { ...callTo("b", "stream"), retries: 1 };
        assert.deepEqual(
            checkRetries(graph({ a: [call], b: [] })).map(({ rule }) => rule),
            ["retried-stream"],
        );
    });
});

describe("retries along a chain", () => {
    it("multiply up to the budget", () => {
        assert.deepEqual(checkRetries(graph({ a: ["b"], b: ["c"], c: ["d"], d: [] })), []);
    });

    it("are reported with the chain where they first exceed it, and only there", () => {
        assert.deepEqual(checkRetries(graph({ a: ["b"], b: ["c"], c: ["d"], d: ["e"], e: ["f"], f: [] })), [
            {
                rule: "retries-multiply",
                where: "d.calls[0] → e",
                message:
                    "one request can become 16 requests to e, more than the budget of 8: a → ×2 b → ×2 c → ×2 d → ×2 e",
                remedy: "Set retries: 0 at one of a.calls[0], b.calls[0], c.calls[0] or d.calls[0].",
            },
        ]);
    });

    it("do not multiply at a step without retries", () => {
        assert.deepEqual(checkRetries(graph({ a: ["b"], b: ["c"], c: [once("d")], d: ["e"], e: [] })), []);
    });

    it("count along the worst of several chains", () => {
        const catalogue = graph({ a: ["b", "d"], b: ["c"], c: ["d"], d: ["e"], e: [] });
        assert.deepEqual(
            checkRetries(catalogue).map(({ where }) => where),
            ["d.calls[0] → e"],
        );
    });

    it("are found in linear time in a graph with many paths", () => {
        const layers = Array.from({ length: 40 }, (_layer, depth) => [`l${depth}-a`, `l${depth}-b`]);
        const calls = layers.flatMap((layer, depth) =>
            layer.map((name) => [name, (layers[depth + 1] ?? []).map(once)] as const),
        );
        assert.deepEqual(checkRetries(graph(Object.fromEntries(calls))), []);
    });
});
