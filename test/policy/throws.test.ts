import assert from "node:assert/strict";
import { objectRule, stackRule } from "../../policy/core/rule";
import { findings, fromYaml } from "./support/stacks";

const described = {
    area: "identity",
    title: "x",
    severity: "low",
    why: "x",
    remedy: "x",
    judges: ["core/Namespace"],
    defaults: {},
    schema: {},
    examples: { refused: "", accepted: "" },
} as const;

const STACK = fromYaml("apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n");

describe("a policy that throws", () => {
    it("is a finding that names the object, the error and its place, after what it had found", () => {
        const rule = objectRule<object>({
            ...described,
            name: "identity-broken",
            *judge(subject) {
                yield { subject, wrong: "first", fix: "x" };
                throw new Error("no such thing");
            },
        });
        const found = findings(rule, STACK);
        assert.deepEqual(
            found.map(({ subject }) => subject?.key),
            ["Namespace/shop", "Namespace/shop"],
        );
        assert.equal(found[0]?.wrong, "first");
        assert.match(
            found[1]?.wrong ?? "",
            /^the policy itself failed: no such thing \(at .*throws\.test\.ts/,
        );
        assert.equal(found[1]?.unknown, undefined);
    });

    it("is one of the stack where it judges the stack", () => {
        const rule = stackRule<object>({
            ...described,
            name: "identity-broken",
            judgeStack() {
                throw new Error("no such thing");
            },
        });
        assert.match(findings(rule, STACK)[0]?.wrong ?? "", /itself failed: no such thing/);
    });
});
