import assert from "node:assert/strict";
import { objectRule, stackRule } from "../../policy/core/rule";
import { findings, fromYaml } from "./support/stacks";

const described = {
    area: "identity",
    title: "x",
    severity: "low",
    why: "x",
    remediation: "x",
    appliesTo: ["core/Namespace"],
    defaults: {},
    schema: {},
    examples: { noncompliant: "", compliant: "" },
} as const;

const STACK = fromYaml("apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n");

describe("a policy that throws", () => {
    it("is reported as a violation that names the object, the error and its location, after the violations before it", () => {
        const rule = objectRule<object>({
            ...described,
            name: "identity-broken",
            *evaluate(subject) {
                yield { subject, problem: "first", fix: "x" };
                throw new Error("no such thing");
            },
        });
        const violations = findings(rule, STACK);
        assert.deepEqual(
            violations.map(({ subject }) => subject?.key),
            ["Namespace/shop", "Namespace/shop"],
        );
        assert.equal(violations[0]?.problem, "first");
        assert.match(
            violations[1]?.problem ?? "",
            /^the policy threw an error: no such thing \(at .*throws\.test\.ts/,
        );
        assert.equal(violations[1]?.unknown, undefined);
    });

    it("is reported for the stack if it evaluates the stack", () => {
        const rule = stackRule<object>({
            ...described,
            name: "identity-broken",
            evaluateStack() {
                throw new Error("no such thing");
            },
        });
        assert.match(findings(rule, STACK)[0]?.problem ?? "", /^the policy threw an error: no such thing/);
    });
});
