import * as assert from "node:assert/strict";

import * as fc from "fast-check";

import { checkCycles } from "../../../catalogue/checks/cycles";
import { graph } from "../small";

const cyclesIn = (calls: Record<string, string[]>) =>
    checkCycles(graph(calls)).map(({ message }) => message.replace(" is a cycle of calls", ""));

describe("cycles", () => {
    it("are shown from their alphabetically first name, with the calls to remove", () => {
        assert.deepEqual(checkCycles(graph({ c: ["a"], a: ["x", "b"], b: ["c"], x: [] })), [
            {
                rule: "cycle",
                where: "a.calls[1] → b",
                message: "a → b → c → a is a cycle of calls",
                remedy: "Remove a.calls[1], b.calls[0] or c.calls[0]. Data can flow back as an event through a store.",
            },
        ]);
    });

    it("of two services are detected, and several calls count as one step", () => {
        assert.deepEqual(checkCycles(graph({ a: ["b", "b"], b: ["a"] })), [
            {
                rule: "cycle",
                where: "a.calls[0] → b",
                message: "a → b → a is a cycle of calls",
                remedy: "Remove a.calls[0] and a.calls[1] or b.calls[0]. Data can flow back as an event through a store.",
            },
        ]);
    });

    it("are all shown, each once, also if they share services", () => {
        assert.deepEqual(cyclesIn({ a: ["b", "c"], b: ["d"], c: ["d"], d: ["a"], y: ["z"], z: ["y", "a"] }), [
            "a → b → d → a",
            "a → c → d → a",
            "y → z → y",
        ]);
    });

    it("are shown from their alphabetically first name, also if that was visited before", () => {
        assert.deepEqual(cyclesIn({ a: ["b"], b: ["a", "c"], c: ["a"] }), ["a → b → a", "a → b → c → a"]);
    });

    it("are not reported if paths only meet", () => {
        assert.deepEqual(cyclesIn({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }), []);
    });

    it("are not reported for calls to the service itself or to unknown services", () => {
        assert.deepEqual(cyclesIn({ a: ["a", "gone"], b: [] }), []);
    });

    it("are found in a chain that exceeds the stack depth", () => {
        const size = 20_000;
        const chain = Array.from({ length: size }, (_, nth) => [
            `s${nth}`,
            nth + 1 < size ? [`s${nth + 1}`] : [],
        ]);
        assert.deepEqual(cyclesIn(Object.fromEntries(chain) as Record<string, string[]>), []);
    });

    const anyGraph = fc
        .array(fc.array(fc.nat(7), { maxLength: 4 }), { minLength: 1, maxLength: 8 })
        .map((lists) =>
            Object.fromEntries(
                lists.map((callees, caller) => [
                    `s${caller}`,
                    [...new Set(callees)].filter((c) => c !== caller && c < lists.length).map((c) => `s${c}`),
                ]),
            ),
        );

    it("are real, distinct, and cover each call that is on any cycle", () => {
        fc.assert(
            fc.property(anyGraph, (calls) => {
                const shown = cyclesIn(calls).map((cycle) => cycle.split(" → "));
                const steps = shown.map((names) =>
                    names.slice(1).map((name, at) => `${names[at] ?? ""} ${name}`),
                );
                assert.equal(new Set(shown.map(String)).size, shown.length);
                for (const step of steps.flat()) {
                    const [from = "", to = ""] = step.split(" ");
                    assert.ok(calls[from]?.includes(to), `${step} is not a call`);
                }
                for (const names of shown) assert.equal(new Set(names).size, names.length - 1);
                const onCycle = Object.entries(calls).flatMap(([from, callees]) =>
                    callees.filter((to) => reaches(calls, to, from)).map((to) => `${from} ${to}`),
                );
                assert.deepEqual([...new Set(steps.flat())].sort(), onCycle.sort());
            }),
        );
    });
});

/** Reachability by definition, unlike the code's algorithm: adds callees of reached services until nothing changes. */
function reaches(calls: Record<string, string[]>, from: string, to: string): boolean {
    const reached = new Set([from]);
    let before = 0;
    while (reached.size > before) {
        before = reached.size;
        for (const callee of [...reached].flatMap((name) => calls[name] ?? [])) reached.add(callee);
    }
    return reached.has(to);
}
