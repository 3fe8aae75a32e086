import * as assert from "node:assert/strict";

import { checkTiers } from "../../../catalogue/checks/tiers";
import type { Tier } from "../../../catalogue/model";
import { callTo, graph } from "../small";

const TIERS: Record<string, Tier> = { c: "critical", s: "standard", b: "background" };

/** Names start with the letter of their tier; a call that ends in `?` is optional. */
const tiers = (calls: Record<string, string[]>) => {
    const catalogue = graph(
        Object.fromEntries(
            Object.entries(calls).map(([name, callees]) => [
                name,
                callees.map((callee) =>
                    callee.endsWith("?") ? { ...callTo(callee.slice(0, -1)), optional: true } : callee,
                ),
            ]),
        ),
    );
    for (const [name, service] of Object.entries(catalogue.services))
        service.tier = TIERS[name.charAt(0)] ?? "standard";
    return checkTiers(catalogue);
};

const messages = (calls: Record<string, string[]>) => tiers(calls).map(({ message }) => message);

describe("a critical service", () => {
    it("cannot require a background service", () => {
        assert.deepEqual(tiers({ c: ["s", "b"], s: [], b: [] }), [
            {
                rule: "needs-background",
                where: "c.calls[1] → b",
                message: "c is critical, but requires b, which is background: c → b",
                remedy: "Mark c.calls[1] optional, or change the tier of b to standard.",
            },
        ]);
    });

    it("cannot require one transitively", () => {
        assert.deepEqual(tiers({ c: ["s1"], s1: ["s2"], s2: ["b"], b: [] }), [
            {
                rule: "needs-background",
                where: "s2.calls[0] → b",
                message: "c is critical, but requires b, which is background: c → s1 → s2 → b",
                remedy: "Mark s2.calls[0] optional, or an earlier call of the chain, or change the tier of b to standard.",
            },
        ]);
    });

    it("can depend on one if any call of the chain is optional", () => {
        assert.deepEqual(messages({ c: ["b?"], b: [] }), []);
        assert.deepEqual(messages({ c: ["s1?"], s1: ["s2"], s2: ["b"], b: [] }), []);
        assert.deepEqual(messages({ c: ["s1"], s1: ["s2?"], s2: ["b"], b: [] }), []);
        assert.deepEqual(messages({ c: ["s1"], s1: ["s2"], s2: ["b?"], b: [] }), []);
    });

    it("is reported with exactly the calls that must change", () => {
        assert.deepEqual(
            messages({
                c1: ["c2", "s1"],
                c2: ["s1", "s2"],
                s1: ["b1", "b2"],
                s2: ["b1"],
                b1: ["b3"],
                b2: [],
                b3: [],
            }),
            [
                "c1 is critical, but requires b1, which is background: c1 → s1 → b1",
                "c1 is critical, but requires b2, which is background: c1 → s1 → b2",
                "c2 is critical, but requires b1, which is background: c2 → s2 → b1",
            ],
        );
    });

    it("is reported for each of several calls to one background service", () => {
        assert.deepEqual(
            tiers({ c: ["b", "b", "b?"], b: [] }).map(({ where }) => where),
            ["c.calls[0] → b", "c.calls[1] → b"],
        );
    });
});

describe("other services", () => {
    it("can require background services", () => {
        assert.deepEqual(messages({ s: ["b1"], b1: ["b2"], b2: ["s2"], s2: ["b2"], c: [] }), []);
    });
});
